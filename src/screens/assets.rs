//! Style sheets and scripts: embedded, and kept by browsers for as long as their content lasts.

use crate::api::extract::Segments;
use crate::api::problem::Problem;
use crate::charts;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::sync::LazyLock;

/// From npm; `scripts/assets.sh` fetches them.
const DESIGN: &str = include_str!("../../var/assets/design-system.css");
const HTMX: &str = include_str!("../../var/assets/htmx.js");
const SCREENS: &str = include_str!("../../web/screens.css");
const PRINT: &str = include_str!("../../web/print.css");
const LIVE: &str = include_str!("../../web/live.js");

struct Asset {
    name: &'static str,
    media: &'static str,
    text: String,
}

static ALL: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        Asset {
            name: "screens.css",
            media: "text/css; charset=utf-8",
            text: [DESIGN, SCREENS, charts::STYLE, PRINT].join("\n"),
        },
        Asset {
            name: "htmx.js",
            media: "text/javascript; charset=utf-8",
            text: HTMX.to_owned(),
        },
        Asset {
            name: "live.js",
            media: "text/javascript; charset=utf-8",
            text: LIVE.to_owned(),
        },
    ]
});

/// Of all of them together: another build, another address.
static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut digest = Sha256::new();
    for asset in ALL.iter() {
        digest.update(asset.text.as_bytes());
    }
    let mut version = String::new();
    for byte in &digest.finalize()[..8] {
        let written = write!(version, "{byte:02x}");
        debug_assert!(written.is_ok());
    }
    version
});

pub(super) fn address(name: &str) -> String {
    format!("{}/assets/{}/{name}", super::ROOT, *VERSION)
}

pub(super) async fn serve(
    Segments((version, name)): Segments<(String, String)>,
) -> Result<Response, Problem> {
    let found = ALL.iter().find(|asset| asset.name == name);
    let asset = found
        .filter(|_| version == *VERSION)
        .ok_or_else(Problem::not_found)?;
    let headers = [
        (CONTENT_TYPE, asset.media),
        (CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, asset.text.as_str()).into_response())
}
