//! Secrets from a variable, a file or a command.

use super::ConfigError;
use secrecy::SecretString;
use std::path::Path;
use std::process::{Command, Stdio};

/// A secret that may come from a variable, a file or a command, in this order.
pub(super) struct Source<'a> {
    pub(super) variable: &'static str,
    pub(super) value: Option<&'a SecretString>,
    pub(super) file: Option<&'a Path>,
    pub(super) command: Option<&'a str>,
}

impl Source<'_> {
    pub(super) fn read(&self) -> Result<Option<SecretString>, ConfigError> {
        let wrong = |end: &str, why: String, allowed: &str| ConfigError::Wrong {
            variable: format!("{}{end}", self.variable),
            why,
            allowed: allowed.to_owned(),
        };
        if let Some(value) = self.value {
            return Ok(Some(value.clone()));
        }
        if let Some(file) = self.file {
            return std::fs::read_to_string(file)
                .map(|text| Some(SecretString::from(text)))
                .map_err(|error| wrong("_FILE", error.to_string(), "a readable file"));
        }
        let Some(command) = self.command else {
            return Ok(None);
        };
        const ALLOWED: &str = "a shell command that writes the key and ends with 0";
        let output = Command::new("sh")
            .args(["-c", command])
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| wrong("_COMMAND", error.to_string(), ALLOWED))?;
        if !output.status.success() {
            return Err(wrong("_COMMAND", output.status.to_string(), ALLOWED));
        }
        String::from_utf8(output.stdout)
            .map(|text| Some(SecretString::from(text)))
            .map_err(|_| wrong("_COMMAND", "it did not write text".to_owned(), ALLOWED))
    }
}
