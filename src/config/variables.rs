//! The variables of the environment: which there are, what each may hold, and what was meant.

use super::ConfigError;
use std::ffi::OsString;

pub(super) const KNOWN: [&str; 32] = [
    "RFA_VAULT_URL",
    "RFA_MASTER_KEY",
    "RFA_MASTER_KEY_FILE",
    "RFA_MASTER_KEY_COMMAND",
    "RFA_SIGNING_KEY",
    "RFA_SIGNING_KEY_FILE",
    "RFA_SIGNING_KEY_COMMAND",
    "RFA_CHECKPOINTS",
    "RFA_CHECKPOINT_SECONDS",
    "RFA_DESTRUCTIONS",
    "RFA_KEY_CACHE_SECONDS",
    "RFA_HTTP",
    "RFA_HTTP_PUBLIC",
    "RFA_METRICS",
    "RFA_AUTHORITY",
    "RFA_WORKFLOWS",
    "RFA_USUAL_WORKFLOW",
    "RFA_QUEUE_COMMANDS_MAX",
    "RFA_POOL_MAX",
    "RFA_CONNECTIONS_MAX",
    "RFA_WEBHOOK_NETWORKS",
    "RFA_MAIL_URL",
    "RFA_MAIL_FROM",
    "RFA_MAIL_LINK",
    "RFA_SWEEP_SECONDS",
    "RFA_SUPPRESS_BELOW",
    "RFA_RATES_FROM",
    "RFA_FIGURES_MIB_MAX",
    "RFA_SEARCHES_PER_PERSON",
    "RFA_SEARCHES_PER_ACCOUNT",
    "RFA_LOG",
    "RFA_LOG_JSON",
];

/// Of other programs there may be variables in any encoding.
pub(super) fn texts(
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> Result<Vec<(String, String)>, ConfigError> {
    let mut found = Vec::new();
    for (name, value) in variables {
        let Ok(name) = name.into_string() else {
            continue;
        };
        let is_read = name.starts_with("RFA_") || name == "DATABASE_URL" || name == "AMQP_URL";
        match value.into_string() {
            Ok(value) => found.push((name, value)),
            Err(_) if is_read => {
                return Err(ConfigError::Wrong {
                    variable: name,
                    why: "it is not UTF-8".to_owned(),
                    allowed: "text in UTF-8".to_owned(),
                });
            }
            Err(_) => {}
        }
    }
    Ok(found)
}

pub(super) fn allowed(variable: &str) -> &'static str {
    match variable {
        "RFA_HTTP" | "RFA_METRICS" => "an address with its port, e.g. 127.0.0.1:8080",
        "RFA_HTTP_PUBLIC" | "RFA_LOG_JSON" => "true or false",
        "RFA_AUTHORITY" | "RFA_USUAL_WORKFLOW" => "a code of a-z, 0-9 and -",
        "RFA_QUEUE_COMMANDS_MAX"
        | "RFA_POOL_MAX"
        | "RFA_CONNECTIONS_MAX"
        | "RFA_SWEEP_SECONDS"
        | "RFA_CHECKPOINT_SECONDS"
        | "RFA_KEY_CACHE_SECONDS"
        | "RFA_SUPPRESS_BELOW"
        | "RFA_RATES_FROM"
        | "RFA_FIGURES_MIB_MAX"
        | "RFA_SEARCHES_PER_PERSON"
        | "RFA_SEARCHES_PER_ACCOUNT" => "a whole number",
        _ => "text",
    }
}

pub(super) fn unknown(variable: &str) -> ConfigError {
    let shared = |known: &&&str| {
        known.chars().filter(|c| variable.contains(*c)).count() as isize
            - (known.len() as isize - variable.len() as isize).abs()
    };
    let nearest = KNOWN.iter().max_by_key(shared).copied().unwrap_or_default();
    ConfigError::Unknown {
        variable: variable.to_owned(),
        nearest: nearest.to_owned(),
        known: KNOWN.join(", "),
    }
}
