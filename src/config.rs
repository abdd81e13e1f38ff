//! Settings from the environment. A variable that starts with `RFA_` and is not one of ours is an
//! error, so that a typo does not go unnoticed.

mod secret;
mod variables;

use config::{Config as Sources, Environment};
use secrecy::SecretString;
use secret::Source;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use variables::{KNOWN, allowed, texts, unknown};

/// Variables of the test suite, which the program leaves alone.
const OTHERS: &str = "RFA_TEST_";

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{variable}: {why}; allowed: {allowed}")]
    Wrong {
        variable: String,
        why: String,
        allowed: String,
    },
    #[error("{variable} is not a variable of rfa; did you mean {nearest}? There are: {known}")]
    Unknown {
        variable: String,
        nearest: String,
        known: String,
    },
    #[error("{variable} is needed: {what}")]
    Missing {
        variable: &'static str,
        what: &'static str,
    },
}

/// One field a variable: `RFA_` and the name in capitals.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the vault is, if not with the log.
    vault_url: Option<SecretString>,
    /// 64 hexadecimal digits; while the key is changed, the earlier one after it.
    master_key: Option<SecretString>,
    /// A file with them.
    master_key_file: Option<PathBuf>,
    /// A shell command that writes them, e.g. one that asks a key service.
    master_key_command: Option<String>,
    /// 64 hexadecimal digits, with which checkpoints and destructions are signed.
    signing_key: Option<SecretString>,
    signing_key_file: Option<PathBuf>,
    signing_key_command: Option<String>,
    /// Folder for signed checkpoints, away from the log; without it none are written.
    pub checkpoints: Option<PathBuf>,
    /// Seconds between two of them, 1 to 86,400.
    pub checkpoint_seconds: u64,
    /// Journal of destroyed records, away from the log and the vault.
    pub destructions: Option<PathBuf>,
    /// Seconds for which a key stays in memory, 1 to 3,600; the same on every replica.
    pub key_cache_seconds: u64,
    /// Address of the API; loopback unless `RFA_HTTP_PUBLIC` is true.
    pub http: SocketAddr,
    pub http_public: bool,
    /// Address of `/metrics`; loopback.
    pub metrics: SocketAddr,
    pub authority: String,
    /// Folder of definition files.
    pub workflows: PathBuf,
    /// Taken for a new request that names none.
    pub usual_workflow: String,
    /// Commands waiting for the log, 1 to 100,000.
    pub queue_commands_max: usize,
    /// Connections to Postgres for reading, 2 to 200.
    pub pool_max: usize,
    /// Sockets served at once, 1 to 20,000.
    pub connections_max: usize,
    /// Networks that are not public and where webhooks may go all the same, also without TLS.
    pub webhook_networks: String,
    /// Mail server, e.g. `smtp://127.0.0.1:25`; without it no e-mail is sent.
    pub mail_url: Option<SecretString>,
    /// Sender of e-mail.
    pub mail_from: String,
    /// Where people look, as it stands in e-mail.
    pub mail_link: String,
    /// Seconds between two looks of the timers, 1 to 60.
    pub sweep_seconds: u64,
    /// Counts from 1 up to this one are hidden where figures leave the identified view, 2 to 50.
    pub suppress_below: u64,
    /// Rates and percentiles rest on at least so many there, 1 to 1,000.
    pub rates_from: u64,
    /// MiB of ended waits that stay in memory for figures of now, 16 to 16,384.
    pub figures_mib_max: usize,
    /// Look-ups of one person within an hour before an alarm is raised, 1 to 100,000.
    pub searches_per_person: u32,
    /// Look-ups of one service account within an hour before it is refused, 1 to 100,000.
    pub searches_per_account: u32,
    /// Filter of the program's log, e.g. `info` or `rfa=debug`.
    pub log: String,
    /// One JSON object a line instead of text.
    pub log_json: bool,
}

impl Default for Settings {
    fn default() -> Self {
        let code = |text: &str| text.to_owned();
        Self {
            vault_url: None,
            master_key: None,
            master_key_file: None,
            master_key_command: None,
            signing_key: None,
            signing_key_file: None,
            signing_key_command: None,
            checkpoints: None,
            checkpoint_seconds: 300,
            destructions: None,
            key_cache_seconds: 300,
            http: SocketAddr::from(([127, 0, 0, 1], 8080)),
            http_public: false,
            metrics: SocketAddr::from(([127, 0, 0, 1], 9464)),
            authority: code("south-ayrshire"),
            workflows: PathBuf::from("workflows"),
            usual_workflow: code("request-for-assistance"),
            queue_commands_max: 2_000,
            pool_max: 16,
            connections_max: 1_000,
            webhook_networks: String::new(),
            mail_url: None,
            mail_from: String::new(),
            mail_link: String::new(),
            sweep_seconds: 15,
            suppress_below: 5,
            rates_from: 20,
            figures_mib_max: 384,
            searches_per_person: 60,
            searches_per_account: 300,
            // The AMQP client tells of every returned message; the relay counts and parks them.
            log: code("info,lapin=error"),
            log_json: false,
        }
    }
}

/// Everything a subcommand may need.
#[derive(Debug, Clone)]
pub struct Config {
    pub settings: Settings,
    database_url: Option<SecretString>,
    /// Absent: the relay is off and the backlog grows.
    pub amqp_url: Option<SecretString>,
}

impl Config {
    /// # Errors
    /// Naming the variable, what is wrong with it and what is allowed; never a secret's value.
    pub fn from_env() -> Result<Self, ConfigError> {
        let variables = texts(std::env::vars_os())?;
        Self::read(&variables)
    }

    fn read(variables: &[(String, String)]) -> Result<Self, ConfigError> {
        let ours = variables
            .iter()
            .filter(|(name, _)| name.starts_with("RFA_") && !name.starts_with(OTHERS));
        for (name, _) in ours.clone() {
            if !KNOWN.contains(&name.as_str()) {
                return Err(unknown(name));
            }
        }
        let mut settings = Settings::default();
        for (name, value) in ours {
            settings = settings.with(name, value)?;
        }
        settings.check()?;
        let find = |wanted: &str| {
            let found = variables
                .iter()
                .find(|(name, value)| name == wanted && !value.is_empty());
            found.map(|(_, value)| SecretString::from(value.clone()))
        };
        Ok(Self {
            settings,
            database_url: find("DATABASE_URL"),
            amqp_url: find("AMQP_URL"),
        })
    }

    /// # Errors
    /// When `DATABASE_URL` is not set.
    pub fn database_url(&self) -> Result<&SecretString, ConfigError> {
        self.database_url.as_ref().ok_or(ConfigError::Missing {
            variable: "DATABASE_URL",
            what: "where the event log is, e.g. postgres://user@127.0.0.1:5432/rfa",
        })
    }

    /// # Errors
    /// When neither `RFA_VAULT_URL` nor `DATABASE_URL` is set.
    pub fn vault_url(&self) -> Result<&SecretString, ConfigError> {
        self.settings
            .vault_url
            .as_ref()
            .map_or_else(|| self.database_url(), Ok)
    }

    /// # Errors
    /// When it is nowhere, or where it should be cannot be read.
    pub fn master_key(&self) -> Result<SecretString, ConfigError> {
        let settings = &self.settings;
        Source {
            variable: "RFA_MASTER_KEY",
            value: settings.master_key.as_ref(),
            file: settings.master_key_file.as_deref(),
            command: settings.master_key_command.as_deref(),
        }
        .read()?
        .ok_or(ConfigError::Missing {
            variable: "RFA_MASTER_KEY_FILE",
            what: "a file with 64 hexadecimal digits that open the vault's keys",
        })
    }

    /// `None` where nothing is signed.
    ///
    /// # Errors
    /// When where it should be cannot be read.
    pub fn signing_key(&self) -> Result<Option<SecretString>, ConfigError> {
        let settings = &self.settings;
        Source {
            variable: "RFA_SIGNING_KEY",
            value: settings.signing_key.as_ref(),
            file: settings.signing_key_file.as_deref(),
            command: settings.signing_key_command.as_deref(),
        }
        .read()
    }
}

impl Settings {
    /// The same settings with one variable more, so that an error names it.
    fn with(self, variable: &str, value: &str) -> Result<Self, ConfigError> {
        let source = Environment::with_prefix("RFA")
            .try_parsing(false)
            .source(Some([(variable.to_owned(), value.to_owned())].into()));
        let read = Sources::builder().add_source(source).build();
        let one: Self = read.and_then(Sources::try_deserialize).map_err(|error| {
            let secret = variable.contains("KEY") || variable.contains("URL");
            let why = error.to_string();
            ConfigError::Wrong {
                variable: variable.to_owned(),
                why: if secret {
                    "it cannot be read".to_owned()
                } else {
                    why
                },
                allowed: allowed(variable).to_owned(),
            }
        })?;
        let mut all = self;
        match variable {
            "RFA_VAULT_URL" => all.vault_url = one.vault_url,
            "RFA_MASTER_KEY" => all.master_key = one.master_key,
            "RFA_MASTER_KEY_FILE" => all.master_key_file = one.master_key_file,
            "RFA_MASTER_KEY_COMMAND" => all.master_key_command = one.master_key_command,
            "RFA_SIGNING_KEY" => all.signing_key = one.signing_key,
            "RFA_SIGNING_KEY_FILE" => all.signing_key_file = one.signing_key_file,
            "RFA_SIGNING_KEY_COMMAND" => all.signing_key_command = one.signing_key_command,
            "RFA_CHECKPOINTS" => all.checkpoints = one.checkpoints,
            "RFA_CHECKPOINT_SECONDS" => all.checkpoint_seconds = one.checkpoint_seconds,
            "RFA_DESTRUCTIONS" => all.destructions = one.destructions,
            "RFA_KEY_CACHE_SECONDS" => all.key_cache_seconds = one.key_cache_seconds,
            "RFA_HTTP" => all.http = one.http,
            "RFA_HTTP_PUBLIC" => all.http_public = one.http_public,
            "RFA_METRICS" => all.metrics = one.metrics,
            "RFA_AUTHORITY" => all.authority = one.authority,
            "RFA_WORKFLOWS" => all.workflows = one.workflows,
            "RFA_USUAL_WORKFLOW" => all.usual_workflow = one.usual_workflow,
            "RFA_QUEUE_COMMANDS_MAX" => all.queue_commands_max = one.queue_commands_max,
            "RFA_POOL_MAX" => all.pool_max = one.pool_max,
            "RFA_CONNECTIONS_MAX" => all.connections_max = one.connections_max,
            "RFA_WEBHOOK_NETWORKS" => all.webhook_networks = one.webhook_networks,
            "RFA_MAIL_URL" => all.mail_url = one.mail_url,
            "RFA_MAIL_FROM" => all.mail_from = one.mail_from,
            "RFA_MAIL_LINK" => all.mail_link = one.mail_link,
            "RFA_SWEEP_SECONDS" => all.sweep_seconds = one.sweep_seconds,
            "RFA_SUPPRESS_BELOW" => all.suppress_below = one.suppress_below,
            "RFA_RATES_FROM" => all.rates_from = one.rates_from,
            "RFA_FIGURES_MIB_MAX" => all.figures_mib_max = one.figures_mib_max,
            "RFA_SEARCHES_PER_PERSON" => all.searches_per_person = one.searches_per_person,
            "RFA_SEARCHES_PER_ACCOUNT" => all.searches_per_account = one.searches_per_account,
            "RFA_LOG" => all.log = one.log,
            "RFA_LOG_JSON" => all.log_json = one.log_json,
            other => return Err(unknown(other)),
        }
        Ok(all)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let within = |variable: &str, found: usize, range: std::ops::RangeInclusive<usize>| {
            if range.contains(&found) {
                return Ok(());
            }
            Err(ConfigError::Wrong {
                variable: variable.to_owned(),
                why: format!("{found} is out of range"),
                allowed: format!("{} to {}", range.start(), range.end()),
            })
        };
        within(
            "RFA_QUEUE_COMMANDS_MAX",
            self.queue_commands_max,
            1..=100_000,
        )?;
        within("RFA_POOL_MAX", self.pool_max, 2..=200)?;
        within("RFA_CONNECTIONS_MAX", self.connections_max, 1..=20_000)?;
        let seconds = |variable: &str, found: u64, max: usize| {
            within(
                variable,
                usize::try_from(found).unwrap_or(usize::MAX),
                1..=max,
            )
        };
        // The rules over workflow files take it that the timers look at least once a minute.
        seconds("RFA_SWEEP_SECONDS", self.sweep_seconds, 60)?;
        seconds("RFA_CHECKPOINT_SECONDS", self.checkpoint_seconds, 86_400)?;
        seconds("RFA_KEY_CACHE_SECONDS", self.key_cache_seconds, 3_600)?;
        let whole = |count| usize::try_from(count).unwrap_or(usize::MAX);
        within("RFA_SUPPRESS_BELOW", whole(self.suppress_below), 2..=50)?;
        within("RFA_RATES_FROM", whole(self.rates_from), 1..=1_000)?;
        within("RFA_FIGURES_MIB_MAX", self.figures_mib_max, 16..=16_384)?;
        for (variable, found) in [
            ("RFA_SEARCHES_PER_PERSON", self.searches_per_person),
            ("RFA_SEARCHES_PER_ACCOUNT", self.searches_per_account),
        ] {
            within(variable, whole(found.into()), 1..=100_000)?;
        }
        let loopback = |variable: &str, address: SocketAddr, free: bool| {
            if free || address.ip().is_loopback() {
                return Ok(());
            }
            Err(ConfigError::Wrong {
                variable: variable.to_owned(),
                why: format!("{address} is not on loopback"),
                allowed: "127.0.0.1, ::1, or RFA_HTTP_PUBLIC=true for the API".to_owned(),
            })
        };
        loopback("RFA_HTTP", self.http, self.http_public)?;
        loopback("RFA_METRICS", self.metrics, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let owned: Vec<_> = variables
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        Config::read(&owned)
    }

    #[test]
    fn a_typo_is_named_with_what_was_probably_meant() {
        let error = read(&[("RFA_HTPP", "127.0.0.1:1")])
            .unwrap_err()
            .to_string();
        assert!(error.contains("did you mean RFA_HTTP?"), "{error}");
    }

    #[test]
    fn a_variable_of_somebody_else_may_be_in_any_encoding() {
        let broken = OsString::from_vec(vec![0xff]);
        let pair = |name: &str| (OsString::from(name), broken.clone());
        let found = texts([pair("LS_COLORS"), (broken.clone(), "x".into())].into_iter());
        assert_eq!(found.unwrap(), []);
        let refused = texts([pair("RFA_LOG")].into_iter()).unwrap_err();
        let said = "RFA_LOG: it is not UTF-8; allowed: text in UTF-8";
        assert_eq!(refused.to_string(), said);
    }

    #[test]
    fn an_address_for_everybody_needs_a_second_word() {
        let error = read(&[("RFA_HTTP", "0.0.0.0:80")]).unwrap_err().to_string();
        assert!(error.contains("RFA_HTTP_PUBLIC"), "{error}");
        let public = read(&[("RFA_HTTP", "0.0.0.0:80"), ("RFA_HTTP_PUBLIC", "true")]);
        assert!(public.unwrap().settings.http_public);
    }

    #[test]
    fn a_wrong_value_is_named_with_what_is_allowed_and_a_secret_is_not_shown() {
        let error = read(&[("RFA_POOL_MAX", "many")]).unwrap_err().to_string();
        assert!(
            error.contains("RFA_POOL_MAX") && error.contains("whole number"),
            "{error}"
        );
        let config = read(&[("RFA_MASTER_KEY", "canary"), ("DATABASE_URL", "canary")]).unwrap();
        assert!(!format!("{config:?}").contains("canary"));
    }

    #[test]
    fn a_key_may_come_from_a_command_and_a_command_that_fails_is_named() {
        let config = read(&[("RFA_MASTER_KEY_COMMAND", "printf 0a; printf 0b")]).unwrap();
        assert_eq!(config.master_key().unwrap().expose_secret(), "0a0b");
        let config = read(&[("RFA_SIGNING_KEY_COMMAND", "exit 3")]).unwrap();
        let error = config.signing_key().unwrap_err().to_string();
        assert!(
            error.contains("RFA_SIGNING_KEY_COMMAND") && error.contains('3'),
            "{error}"
        );
        assert!(read(&[]).unwrap().signing_key().unwrap().is_none());
    }
}
