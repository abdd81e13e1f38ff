//! The few things that tests do to a URL.

/// `url` with another path: another database of the cluster, another vhost of the broker.
pub(super) fn with_path(url: &str, path: &str) -> String {
    let (before, query) = match url.split_once('?') {
        Some((before, query)) => (before, format!("?{query}")),
        None => (url, String::new()),
    };
    let (scheme, rest) = before
        .split_once("://")
        .unwrap_or_else(|| panic!("not a URL with a scheme: {before}"));
    let authority = rest.split('/').next().unwrap_or(rest);
    format!("{scheme}://{authority}/{path}{query}")
}

/// `url` for another user.
pub(super) fn with_user(url: &str, user: &str, password: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("a URL with a scheme");
    let place = rest.split_once('@').map_or(rest, |(_, place)| place);
    format!("{scheme}://{user}:{password}@{place}")
}

/// The user and the host of `scheme://user:password@host:port/path`.
pub(super) fn user_and_host(url: &str) -> (String, String) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    let (user_info, host_port) = authority.rsplit_once('@').unwrap_or(("guest", authority));
    let user = user_info.split(':').next().unwrap_or(user_info);
    let host = host_port.split(':').next().unwrap_or(host_port);
    (user.to_owned(), host.to_owned())
}

#[test]
fn a_path_is_replaced_and_the_query_kept() {
    assert_eq!(
        with_path("postgres://u:p@127.0.0.1:5/postgres?sslmode=disable", "x"),
        "postgres://u:p@127.0.0.1:5/x?sslmode=disable"
    );
    assert_eq!(with_path("amqp://u:p@h:5", "v"), "amqp://u:p@h:5/v");
}
