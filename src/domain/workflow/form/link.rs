//! `link` on a move, as people write it.

use schemars::JsonSchema;

/// Links the request to another of the same authority: `to` with `kind` or `as`.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct LinkForm {
    /// Dotted path of the other request's reference.
    pub to: String,
    /// How the two belong together, a code.
    #[schemars(regex(pattern = r"^[a-z0-9-]{1,64}$"))]
    pub kind: Option<String>,
    /// Dotted path of that code.
    #[schemars(rename = "as")]
    pub at: Option<String>,
}
