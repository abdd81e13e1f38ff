//! `rfa messages`: the AsyncAPI document and the JSON Schemas of what is sent.

use super::{Outcome, say};
use crate::relay::{asyncapi, contract};
use clap::Args;
use serde_json::Value;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Args)]
pub(super) struct Messages {
    /// Write `asyncapi.json` and the schemas into this folder instead of printing the document
    #[arg(long)]
    write: Option<PathBuf>,
}

impl Messages {
    pub(super) fn run(self) -> Outcome {
        let document = asyncapi::document();
        let Some(folder) = self.write else {
            say(serde_json::to_string_pretty(&document)?);
            return Ok(ExitCode::SUCCESS);
        };
        let write = |name: &str, content: &Value| -> std::io::Result<()> {
            let text = serde_json::to_string_pretty(content)? + "\n";
            std::fs::write(folder.join(name), text)
        };
        write("asyncapi.json", &document)?;
        for (name, schema) in contract::schemas() {
            write(&format!("{name}.schema.json"), &schema)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
