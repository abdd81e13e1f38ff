//! Somebody with a browser that has no scripts.

use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, StatusCode, redirect::Policy};
use std::time::Duration;

pub(crate) struct Visitor {
    http: String,
    client: Client,
    cookie: Option<String>,
}

/// A page, or where it leads.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Visitor {
    pub(crate) fn new(http: &str) -> Self {
        let client = Client::builder()
            .redirect(Policy::none())
            .timeout(Duration::from_secs(30));
        Self {
            http: http.to_owned(),
            client: client.build().unwrap(),
            cookie: None,
        }
    }

    /// As a person of the demonstration.
    pub(crate) async fn signed_in(http: &str, person: &str) -> Self {
        let mut visitor = Self::new(http);
        visitor.sign_in(person, "/app").await;
        visitor
    }

    pub(crate) async fn sign_in(&mut self, person: &str, back: &str) -> String {
        let person = format!("south-ayrshire {person}");
        let fields = [("person", person.as_str()), ("back", back)];
        let seen = self.post("/app/sign-in", &fields).await;
        assert_eq!(seen.status, StatusCode::SEE_OTHER, "{}", seen.text);
        let cookie = seen.headers[SET_COOKIE].to_str().unwrap();
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
            "{cookie}"
        );
        self.cookie = cookie.split(';').next().map(str::to_owned);
        seen.location().to_owned()
    }

    /// Of the sign-in, as a browser keeps it.
    pub(crate) fn cookie(&self) -> &str {
        self.cookie.as_deref().expect("somebody signed in")
    }

    pub(crate) async fn get(&self, path: &str) -> Seen {
        self.send(self.call(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Seen {
        let call = self.call(Method::POST, path).header(ORIGIN, &self.http);
        self.send(form(call, fields)).await
    }

    /// Without saying where from.
    pub(crate) async fn post_from(
        &self,
        origin: Option<&str>,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Seen {
        let mut call = self.call(Method::POST, path);
        if let Some(origin) = origin {
            call = call.header(ORIGIN, origin);
        }
        self.send(form(call, fields)).await
    }

    /// The form on a page, filled in: what it carries goes with it.
    pub(crate) async fn fill_in(&self, page: &str, fields: &[(&str, &str)]) -> Seen {
        let form = self.get(page).await;
        assert_eq!(form.status, StatusCode::OK, "{page}: {}", form.text);
        let (key, version) = (form.hidden("key"), form.hidden("version"));
        let mut all = vec![("key", key.as_str()), ("version", version.as_str())];
        all.extend_from_slice(fields);
        self.post(page, &all).await
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> RequestBuilder {
        let call = self.client.request(method, format!("{}{path}", self.http));
        match &self.cookie {
            Some(cookie) => call.header(COOKIE, cookie),
            None => call,
        }
    }

    /// With other cookies than those of the sign-in alone.
    pub(crate) fn call_with(&self, path: &str, cookies: &str) -> RequestBuilder {
        let call = self.client.get(format!("{}{path}", self.http));
        call.header(COOKIE, cookies)
    }

    pub(crate) async fn send(&self, call: RequestBuilder) -> Seen {
        let answer = call.send().await.unwrap();
        Seen {
            status: answer.status(),
            headers: answer.headers().clone(),
            text: answer.text().await.unwrap(),
        }
    }
}

fn form(call: RequestBuilder, fields: &[(&str, &str)]) -> RequestBuilder {
    let quoted = |text: &str| -> String {
        let byte = |byte: u8| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        };
        text.bytes().map(byte).collect()
    };
    let pairs = fields.iter();
    let pairs = pairs.map(|(name, text)| format!("{}={}", quoted(name), quoted(text)));
    let body = pairs.collect::<Vec<_>>().join("&");
    call.header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body)
}

impl Seen {
    pub(crate) fn location(&self) -> &str {
        self.headers[LOCATION].to_str().unwrap()
    }

    /// What the first form on the page carries under a name; empty where it carries nothing.
    pub(crate) fn hidden(&self, name: &str) -> String {
        let start = format!("type=\"hidden\" name=\"{name}\" value=\"");
        let found = self.text.split_once(&start);
        let value = found.and_then(|(_, rest)| rest.split_once('"'));
        value.map_or_else(String::new, |(value, _)| value.to_owned())
    }

    #[track_caller]
    pub(crate) fn says(&self, words: &str) {
        assert!(self.text.contains(words), "no {words:?} in {}", self.text);
    }

    #[track_caller]
    pub(crate) fn says_not(&self, words: &str) {
        assert!(!self.text.contains(words), "{words:?} in {}", self.text);
    }
}
