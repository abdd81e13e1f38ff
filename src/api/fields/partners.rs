//! What other systems and the people beside them ask for: to be told, and to find.

use super::{Fields, Problem};
use crate::access::SearchReason;
use crate::notices::{Occasion, mail_address};
use serde_json::Value;
use utoipa::ToSchema;

/// A number of another system, and why it is looked up.
#[derive(ToSchema)]
#[schema(as = Identifier)]
pub(crate) struct IdentifierBody {
    /// Which system's, as the workflow names it.
    #[schema(example = "seemis")]
    pub kind: String,
    /// Exactly as it was given with the request.
    pub number: String,
    /// `new-request`, `family-asks`, `colleague-asks`, `ongoing-work`, `concern` or `correction`; it is
    /// written down.
    #[schema(value_type = String, example = "new-request")]
    pub reason: SearchReason,
}

impl IdentifierBody {
    /// # Errors
    /// A problem with every field that is wrong.
    pub(crate) fn parse(body: Value) -> Result<Self, Problem> {
        let mut fields = Fields::of(body, String::new())?;
        let kind = fields.text("kind", "the name of a number");
        let number = fields.text("number", "a text");
        let found = fields.map.remove("reason");
        let reason = found.as_ref().and_then(Value::as_str);
        let reason = reason.and_then(|code| code.parse().ok());
        if reason.is_none() {
            let what = found.map_or("missing", |_| "not a reason");
            let codes = SearchReason::ALL.iter().copied().map(SearchReason::as_str);
            let codes: Vec<&str> = codes.collect();
            fields.wrong("reason", what, format!("one of: {}", codes.join(", ")));
        }
        fields.finish("kind, number, reason")?;
        // What is missing or wrong was told by `finish`.
        let reason = reason.unwrap_or(SearchReason::Correction);
        Ok(Self {
            kind,
            number,
            reason,
        })
    }
}

/// Where a program of the account listens.
#[derive(ToSchema)]
#[schema(as = NewWebhook)]
pub(crate) struct WebhookBody {
    /// `https`, or a network that the configuration allows.
    #[schema(example = "https://hooks.example.org/rfa")]
    pub url: String,
}

impl WebhookBody {
    /// # Errors
    /// A problem with every field that is wrong.
    pub(crate) fn parse(body: Value) -> Result<Self, Problem> {
        let mut fields = Fields::of(body, String::new())?;
        let url = fields.text("url", "a web address");
        fields.finish("url")?;
        Ok(Self { url })
    }
}

/// Where somebody wants to hear, and of what.
#[derive(ToSchema)]
#[schema(as = NewMail)]
pub(crate) struct MailBody {
    #[schema(example = "head@example.org")]
    pub address: String,
    /// Some of `receipt`, `question`, `decision`, `first-contact`, `end`.
    #[schema(value_type = Vec<String>)]
    pub occasions: Vec<Occasion>,
}

impl MailBody {
    /// # Errors
    /// A problem with every field that is wrong.
    pub(crate) fn parse(body: Value) -> Result<Self, Problem> {
        let mut fields = Fields::of(body, String::new())?;
        let address = fields.text("address", "an address of e-mail");
        if !address.is_empty() && mail_address(&address).is_err() {
            fields.wrong("address", "not an address", "as name@example.org");
        }
        let found = fields.map.remove("occasions");
        let codes = found.as_ref().and_then(Value::as_array);
        let read = codes.map(|codes| {
            let code = |code: &Value| code.as_str()?.parse().ok();
            codes.iter().map(code).collect::<Option<Vec<Occasion>>>()
        });
        let mut occasions = read.flatten().unwrap_or_default();
        occasions.sort_unstable();
        occasions.dedup();
        if occasions.is_empty() {
            let all = Occasion::ALL.map(Occasion::as_str).join(", ");
            fields.wrong(
                "occasions",
                "none, or unknown ones",
                format!("a list of: {all}"),
            );
        }
        fields.finish("address, occasions")?;
        Ok(Self { address, occasions })
    }
}
