//! Between the broker's messages and the API's judgement: neither knows the other.

use crate::api::App;
use crate::api::submissions::{self, Answer, Fate};
use crate::relay::intake::desk::{Desk, Document, Fault, Submission, Verdict, Why};
use std::sync::Arc;
use std::time::Duration;

/// Judges messages as calls are judged.
pub(super) fn desk(app: App) -> Desk {
    Arc::new(move |message| {
        let app = app.clone();
        Box::pin(async move { verdict(judge(&app, &message).await) })
    })
}

async fn judge(app: &App, message: &Submission) -> Answer {
    let fault = |fault: &Fault| submissions::Fault {
        property: fault.property,
        what: fault.what,
        allowed: fault.allowed,
    };
    let faults: Vec<submissions::Fault> = message.faults.iter().map(fault).collect();
    app.submit(submissions::Submission {
        sender: message.sender.as_deref(),
        key: message.key.as_deref(),
        kind: message.kind.as_deref(),
        content_type: message.content_type.as_deref(),
        content_encoding: message.content_encoding.as_deref(),
        call: message.call(),
        faults: &faults,
        body: &message.body,
    })
    .await
}

fn verdict(answer: Answer) -> Verdict {
    let document = Document {
        content_type: answer.content_type,
        body: answer.body,
    };
    let why = Why {
        reason: answer.code,
        detail: answer.detail,
    };
    match answer.fate {
        Fate::Taken => Verdict::Taken(document),
        Fate::Refused => Verdict::Refused(document, why),
        Fate::Unfit => Verdict::Unfit(document, why),
        Fate::Later { retry_after_ms } => Verdict::Later(Duration::from_millis(retry_after_ms)),
    }
}
