use super::{AddressError, Networks, Target, is_public};

#[test]
fn what_is_not_public_is_seen_however_it_is_written() {
    for public in [
        "8.8.8.8",
        "193.63.75.1",
        "2606:4700::1111",
        "100.128.0.1",
        "::ffff:8.8.8.8",
    ] {
        assert!(is_public(public.parse().unwrap()), "{public}");
    }
    for other in [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.9",
        "192.88.99.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "fe80::1",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "2001:db8::1",
        "2001::1",
        "2002:7f00:1::1",
        "3fff::1",
        "100::1",
    ] {
        assert!(!is_public(other.parse().unwrap()), "{other}");
    }
}

#[test]
fn only_plain_web_addresses_are_read() {
    for (text, host, port) in [
        (
            "https://hooks.example.org/rfa?x=1",
            "hooks.example.org",
            443,
        ),
        ("http://127.0.0.1:9000/", "127.0.0.1", 9000),
        ("https://[2606:4700::1111]/a", "2606:4700::1111", 443),
    ] {
        let target = Target::parse(text).unwrap();
        assert_eq!((target.host.as_str(), target.port), (host, port));
    }
    let long = format!("https://example.org/{}", "x".repeat(2_000));
    for text in [
        "",
        "hooks.example.org",
        "/path",
        "ftp://example.org/",
        "file:///etc/passwd",
        "https://",
        "https://user:word@example.org/",
        "https://example.org/#part",
        "https://exa mple.org/",
        long.as_str(),
    ] {
        assert_eq!(Target::parse(text), Err(AddressError::NotOne), "{text}");
    }
    let shown = format!("{:?}", Target::parse("https://example.org/secret").unwrap());
    assert!(!shown.contains("secret"), "{shown}");
}

#[tokio::test]
async fn a_network_that_is_not_public_is_reached_only_where_it_is_allowed() {
    let target = |text: &str| Target::parse(text).unwrap();
    let nothing = Networks::default();
    let office: Networks = "127.0.0.1, 10.2.0.0/16,fd00::/8".parse().unwrap();
    for text in [
        "https://127.0.0.1/",
        "http://10.2.3.4/",
        "https://[::ffff:10.2.0.1]/",
    ] {
        let found = target(text).resolve(&nothing).await;
        assert_eq!(found, Err(AddressError::NotPublic), "{text}");
        target(text).resolve(&office).await.unwrap();
    }
    // A name is judged by what it means.
    let name = target("https://localhost:444/").resolve(&nothing).await;
    assert_eq!(name, Err(AddressError::NotPublic));
    let other = target("https://127.0.0.2/").resolve(&office).await;
    assert_eq!(other, Err(AddressError::NotPublic));
    let open = target("http://8.8.8.8/").resolve(&office).await;
    assert_eq!(open, Err(AddressError::NotSecret));
    target("https://8.8.8.8/").resolve(&nothing).await.unwrap();
    for text in ["10.0.0.0/33", "office", "::/129", "10.0.0.0/-1"] {
        assert!(text.parse::<Networks>().is_err(), "{text}");
    }
    let all: Networks = "0.0.0.0/0".parse().unwrap();
    target("http://10.9.9.9/").resolve(&all).await.unwrap();
}
