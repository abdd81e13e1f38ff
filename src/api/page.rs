//! `/openapi`: the document as a page that reads without a script or anything from elsewhere.

use super::openapi::whole;
use super::problem::Kind;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::response::{Html, IntoResponse, Response};
use serde_json::Value;
use std::fmt::Write as _;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a}\
h2{border-bottom:2px solid #0065bd;padding-bottom:.2rem;margin-top:2.5rem}h3{margin-bottom:.2rem}\
code,pre{font-family:ui-monospace,monospace;background:#f2f4f6}code{padding:0 .2em}pre{padding:.7rem;overflow:auto}\
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;border-bottom:1px solid #ccc;padding:.25rem .6rem .25rem 0}";

/// Inline style only; nothing else is loaded, framed or run.
pub(super) const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// This API as a page
#[utoipa::path(
    get, path = "/openapi", tag = "Operation",
    responses((status = 200, body = String, content_type = "text/html")),
)]
pub(crate) async fn page() -> Response {
    let document = serde_json::to_value(whole()).unwrap_or(Value::Null);
    let mut response = Html(render(&document)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// Writing into a string cannot fail, so results are not looked at one by one.
fn render(document: &Value) -> String {
    let mut html = String::with_capacity(64 * 1024);
    let written = write_page(&mut html, document);
    debug_assert!(written.is_ok(), "a string takes whatever is written");
    html
}

/// In the order of the routes.
fn tags_of(document: &Value) -> Vec<&str> {
    let mut tags = Vec::new();
    for (_, item) in entries(&document["paths"]) {
        for (_, operation) in entries(item) {
            let tag = text(&operation["tags"][0]);
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
    }
    tags
}

fn write_page(html: &mut String, document: &Value) -> std::fmt::Result {
    let title = escape(text(&document["info"]["title"]));
    write!(
        html,
        "<!doctype html><html lang=en><meta charset=utf-8><title>{title}: API</title>"
    )?;
    write!(
        html,
        "<meta name=viewport content=\"width=device-width\"><style>{STYLE}</style>"
    )?;
    write!(
        html,
        "<h1>{title}: API</h1><p>{}</p>",
        prose(text(&document["info"]["description"]))
    )?;
    html.push_str("<p>The same as a document: <a href=\"/openapi.json\">/openapi.json</a>. Problems: <a href=\"#problems\">all of them</a>.</p>");
    for tag in tags_of(document) {
        write!(html, "<h2>{tag}</h2>")?;
        for (path, item) in entries(&document["paths"]) {
            for (method, operation) in entries(item) {
                if operation["tags"][0] == tag {
                    write_operation(html, path, method, operation)?;
                }
            }
        }
    }
    html.push_str("<h2 id=problems>Problems</h2><p>Documents of the type <code>application/problem+json</code> (RFC 9457).</p><table><tr><th>Type<th>Status<th>Meaning");
    for kind in Kind::ALL {
        let (code, status, title) = (kind.code(), kind.status().as_u16(), kind.title());
        write!(
            html,
            "<tr id={code}><td><code>/openapi#{code}</code><td>{status}<td>{title}"
        )?;
    }
    html.push_str("</table><h2>Shapes</h2>");
    for (name, schema) in entries(&document["components"]["schemas"]) {
        let pretty = serde_json::to_string_pretty(schema).unwrap_or_default();
        let (name, pretty) = (escape(name), escape(&pretty));
        write!(
            html,
            "<details id=\"shape-{name}\"><summary>{name}</summary><pre>{pretty}</pre></details>"
        )?;
    }
    Ok(())
}

fn write_operation(
    html: &mut String,
    path: &str,
    method: &str,
    operation: &Value,
) -> std::fmt::Result {
    let method = method.to_uppercase();
    write!(
        html,
        "<h3><code>{} {}</code></h3>",
        escape(&method),
        escape(path)
    )?;
    write!(
        html,
        "<p><strong>{}.</strong> {}",
        escape(text(&operation["summary"])),
        prose(text(&operation["description"]))
    )?;
    if operation.get("security").is_none() {
        html.push_str(" <em>Open without a token.</em>");
    }
    html.push_str("<table>");
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let needed = if parameter["required"] == true {
            "needed"
        } else {
            "optional"
        };
        write!(
            html,
            "<tr><td><code>{}</code><td>{}, {needed}<td>{}",
            escape(text(&parameter["name"])),
            escape(text(&parameter["in"])),
            prose(text(&parameter["description"])),
        )?;
    }
    if let Some(name) = shape(&operation["requestBody"]) {
        write!(
            html,
            "<tr><td>body<td>needed<td><a href=\"#shape-{name}\">{name}</a>"
        )?;
    }
    for (status, response) in entries(&operation["responses"]) {
        write!(
            html,
            "<tr><td><code>{}</code><td>answer<td>{}",
            escape(status),
            prose(text(&response["description"]))
        )?;
        if let Some(name) = shape(response) {
            write!(html, " <a href=\"#shape-{name}\">{name}</a>")?;
        }
    }
    html.push_str("</table>");
    Ok(())
}

/// Name of the schema that a body refers to.
fn shape(body: &Value) -> Option<String> {
    let (_, content) = body.get("content")?.as_object()?.iter().next()?;
    let name = content["schema"]
        .get("$ref")?
        .as_str()?
        .rsplit('/')
        .next()?;
    Some(escape(name))
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Escaped, with what stands between backticks as code.
fn prose(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 32);
    for (i, part) in text.split('`').enumerate() {
        let part = escape(part);
        if i % 2 == 1 {
            html.push_str("<code>");
            html.push_str(&part);
            html.push_str("</code>");
        } else {
            html.push_str(&part);
        }
    }
    html
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
