//! What handlers take from an HTTP call: body, headers, query and path, each strict.

use super::App;
use super::body;
use super::fields;
use super::problem::{Kind, Problem};
use crate::commands::is_key;
use crate::domain::workflow::definition::Definition;
use crate::sheet;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A body of strict JSON.
pub(crate) struct StrictJson(pub(crate) Value);

impl FromRequest<App> for StrictJson {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        check_media(request.headers(), "application/json")?;
        let bytes = read_whole(request, app, app.limits.body_bytes_max).await?;
        strict(app, &bytes).map(Self)
    }
}

/// # Errors
/// The first thing that is wrong, with its place and without a name that is not ours.
pub(crate) fn strict(app: &App, bytes: &[u8]) -> Result<Value, Problem> {
    body::read(bytes).map_err(|fault| {
        let known = known_names(app);
        fault.problem(&|name| known.contains(name))
    })
}

/// A filled in sheet, as it was sent.
pub(crate) struct SheetBytes(pub(crate) Bytes);

impl FromRequest<App> for SheetBytes {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        check_media(request.headers(), "text/csv")?;
        read_whole(request, app, sheet::BYTES_MAX).await.map(Self)
    }
}

/// All bytes of a body, within the limits.
async fn read_whole(request: Request, app: &App, limit: usize) -> Result<Bytes, Problem> {
    let declared = one(request.headers(), &header::CONTENT_LENGTH)
        .and_then(|length| length.parse::<usize>().ok());
    if declared.is_some_and(|length| length > limit) {
        return Err(too_large(limit));
    }
    let read = Limited::new(request.into_body(), limit).collect();
    match tokio::time::timeout(app.limits.body_deadline, read).await {
        Err(_) => Err(Problem::new(Kind::TooSlow, "Send the body without pauses.")),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large(limit)),
        Ok(Err(_)) => Err(Problem::new(Kind::NotJson, "The body ended too early.")),
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
    }
}

/// A body of strict JSON, or none at all.
pub(crate) struct MaybeJson(pub(crate) Option<Value>);

impl FromRequest<App> for MaybeJson {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let headers = request.headers();
        let named = [header::CONTENT_TYPE, header::TRANSFER_ENCODING];
        let empty = one(headers, &header::CONTENT_LENGTH).is_none_or(|length| length == "0");
        if empty && !named.iter().any(|name| headers.contains_key(name)) {
            return Ok(Self(None));
        }
        let StrictJson(body) = StrictJson::from_request(request, app).await?;
        Ok(Self(Some(body)))
    }
}

/// A POST that says all by its address: a key, no parameters, no body.
pub(crate) struct Bare;

impl FromRequest<App> for Bare {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &App) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        Key::from_request_parts(&mut parts, app).await?;
        Params::from_request_parts(&mut parts, app)
            .await?
            .only(&[])?;
        let MaybeJson(body) =
            MaybeJson::from_request(Request::from_parts(parts, body), app).await?;
        match body {
            None => Ok(Self),
            Some(_) => Err(Problem::new(Kind::BadData, "This needs no body.")),
        }
    }
}

pub(crate) fn too_large(limit: usize) -> Problem {
    Problem::new(Kind::TooLarge, format!("At most {limit} bytes."))
}

fn check_media(headers: &HeaderMap, wanted: &str) -> Result<(), Problem> {
    let refuse = |what: &str| Problem::new(Kind::BadMedia, what).allow([wanted]);
    let Some(media) = one(headers, &header::CONTENT_TYPE) else {
        return Err(refuse(
            "Content-Type is missing, given twice or not readable.",
        ));
    };
    let (name, parameter) = media.split_once(';').unwrap_or((media, "charset=utf-8"));
    if !name.trim().eq_ignore_ascii_case(wanted) {
        return Err(refuse("Content-Type is another one."));
    }
    let parameter = parameter.trim().replace('"', "");
    if !parameter.eq_ignore_ascii_case("charset=utf-8") {
        return Err(refuse("The only character set is UTF-8."));
    }
    match headers.get(header::CONTENT_ENCODING) {
        Some(encoding) if encoding.as_bytes() != b"identity" => {
            Err(refuse("The body must not be compressed."))
        }
        _ => Ok(()),
    }
}

/// Names that definitions in force give to fields; only these are shown in pointers.
fn known_names(app: &App) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = fields::NAMES.iter().map(ToString::to_string).collect();
    for declared in app.commands.registry().in_force().values() {
        for workflow in declared.workflows() {
            names_of(&workflow.definition, &mut names);
        }
    }
    names
}

fn names_of(definition: &Definition, names: &mut BTreeSet<String>) {
    let mut open: Vec<&Value> = definition.moves.values().map(|rule| &rule.data).collect();
    while let Some(schema) = open.pop() {
        match schema {
            Value::Object(map) => {
                if let Some(Value::Object(properties)) = map.get("properties") {
                    names.extend(properties.keys().cloned());
                }
                open.extend(map.values());
            }
            Value::Array(items) => open.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// The header, if it is there exactly once and readable.
pub(crate) fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    if values.next().is_some() {
        return None;
    }
    first.to_str().ok()
}

/// `Idempotency-Key`: the same key with the same body is the same command, for ever.
pub(crate) struct Key(pub(crate) String);

impl Key {
    pub(crate) fn find(text: &str) -> Option<Self> {
        is_key(text).then(|| Self(text.to_owned()))
    }
}

const KEY: HeaderName = HeaderName::from_static("idempotency-key");

impl<S: Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match one(&parts.headers, &KEY).and_then(Self::find) {
            Some(key) => Ok(key),
            None => Err(
                Problem::new(Kind::BadKey, "Every POST carries one Idempotency-Key.").with(
                    "#header/idempotency-key",
                    "missing, given twice or not usable",
                    "1 to 128 visible ASCII characters, once",
                ),
            ),
        }
    }
}

/// The version in `If-Match`, if it is given: `"3"` as in `ETag`, quotes optional.
pub(crate) struct IfMatch(pub(crate) Option<i32>);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        if !parts.headers.contains_key(header::IF_MATCH) {
            return Ok(Self(None));
        }
        one(&parts.headers, &header::IF_MATCH)
            .and_then(version)
            .map(|version| Self(Some(version)))
            .ok_or_else(|| {
                Problem::new(
                    Kind::BadIfMatch,
                    "If-Match repeats the ETag that you were given.",
                )
                .with(
                    "#header/if-match",
                    "not a version",
                    "one version in quotes, 1 or more",
                )
            })
    }
}

fn version(text: &str) -> Option<i32> {
    let bare = text
        .strip_prefix('"')
        .and_then(|t| t.strip_suffix('"'))
        .unwrap_or(text);
    let digits = !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_digit());
    bare.parse().ok().filter(|version| digits && *version >= 1)
}

/// Query parameters; a handler takes those that it knows and refuses the rest.
#[derive(Clone)]
pub(crate) struct Params {
    found: BTreeMap<String, String>,
}

impl<S: Send + Sync> FromRequestParts<S> for Params {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Query(pairs) = Query::<Vec<(String, String)>>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::new(Kind::BadQuery, "The query cannot be read."))?;
        let count = pairs.len();
        let found: BTreeMap<String, String> = pairs.into_iter().collect();
        if found.len() < count {
            return Err(Problem::new(Kind::BadQuery, "A parameter is given twice."));
        }
        Ok(Self { found })
    }
}

impl Params {
    /// Of a question that a page asks by itself.
    pub(crate) fn of<const N: usize>(pairs: [(&str, Option<&str>); N]) -> Self {
        let given = pairs
            .into_iter()
            .filter_map(|(name, text)| Some((name, text?)));
        Self {
            found: given
                .map(|(name, text)| (name.to_owned(), text.to_owned()))
                .collect(),
        }
    }

    /// # Errors
    /// When there are others.
    pub(crate) fn only(self, allowed: &[&str]) -> Result<Self, Problem> {
        if self
            .found
            .keys()
            .all(|name| allowed.contains(&name.as_str()))
        {
            return Ok(self);
        }
        Err(Problem::new(Kind::BadQuery, "There is an unknown parameter.").allow(allowed))
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.found.get(name).map(String::as_str)
    }

    /// The same question with another value of one parameter.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.found.insert(name.to_owned(), value.to_owned());
        self
    }

    /// For a link.
    pub(crate) fn query(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.found)
            .finish()
    }

    /// # Errors
    /// When the parameter is there and does not parse.
    pub(crate) fn find<T, E>(
        &self,
        name: &str,
        allowed: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Problem> {
        self.text(name)
            .map(parse)
            .transpose()
            .map_err(|_| bad_query(name, allowed))
    }
}

fn bad_query(name: &str, allowed: &str) -> Problem {
    Problem::new(Kind::BadQuery, "A parameter of the query cannot be used.").with(
        format!("#query/{name}"),
        "not usable",
        allowed,
    )
}

/// Path parameters; what does not parse is an address of nothing.
pub(crate) struct Segments<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(segments) = Path::<T>::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::not_found())?;
        Ok(Self(segments))
    }
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn a_version_is_digits_with_or_without_quotes() {
        assert_eq!(version("\"3\""), Some(3));
        assert_eq!(version("3"), Some(3));
        for wrong in [
            "",
            "\"\"",
            "*",
            "W/\"3\"",
            "-1",
            "+1",
            "0",
            "\"3",
            "3,4",
            "99999999999",
        ] {
            assert_eq!(version(wrong), None, "{wrong}");
        }
    }
}
