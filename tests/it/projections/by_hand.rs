//! The nine clocks, read off the log without the engine's rules.

use super::{log_of, worked};
use rfa::log::Recorded;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A clock as a person would put it on a slip of paper. `event?field=value` asks for a coded answer,
/// `*` for any.
struct Slip {
    clock: &'static str,
    start: &'static str,
    stop: &'static str,
    cancel: &'static str,
    /// Starts once in the life of a request.
    once: bool,
    /// Begins again with every stop.
    anew: bool,
}

const fn slip(
    clock: &'static str,
    start: &'static str,
    stop: &'static str,
    cancel: &'static str,
) -> Slip {
    Slip {
        clock,
        start,
        stop,
        cancel,
        once: false,
        anew: false,
    }
}

const OVER: &str = "not-agreed request-withdrawn help-declined entered-in-error request-ended";

fn slips() -> [Slip; 11] {
    [
        slip(
            "handover",
            "child-protection-concern-passed-on",
            "concern-handed-over concern-taken-over",
            "",
        ),
        slip("take_over", "concern-handed-over", "concern-taken-over", ""),
        Slip {
            once: true,
            ..slip(
                "acknowledge",
                "request-sent",
                "request-acknowledged question-asked help-agreed decision-proposed garf-asked \
                 request-ended",
                "request-withdrawn help-declined entered-in-error \
                 concern-result?result=child-protection",
            )
        },
        slip(
            "decide",
            "request-sent asked-to-look-again",
            "help-agreed not-agreed",
            "request-withdrawn help-declined entered-in-error request-ended \
             concern-result?result=child-protection",
        ),
        slip(
            "inform",
            "help-agreed not-agreed",
            "requester-told decision-read help-agreed?requester_told=true \
             not-agreed?requester_told=true",
            "help-started entered-in-error",
        ),
        slip(
            "family_told",
            "help-agreed not-agreed",
            "family-told",
            "help-started help-declined request-withdrawn request-ended entered-in-error",
        ),
        slip(
            "allocate",
            "help-agreed",
            "worker-named help-started help-agreed?worker=*",
            OVER,
        ),
        slip(
            "first_contact",
            "request-sent asked-to-look-again",
            "family-spoken-with help-started",
            OVER,
        ),
        slip(
            "start_support",
            "request-sent asked-to-look-again",
            "help-started",
            OVER,
        ),
        Slip {
            anew: true,
            ..slip("review", "help-started", "review-held", OVER)
        },
        slip(
            "answer",
            "question-asked",
            "question-answered",
            "help-agreed decision-proposed garf-asked request-passed-on request-withdrawn help-declined \
             entered-in-error request-ended child-protection-concern-passed-on",
        ),
    ]
}

/// When it really happened, where it was written down afterwards.
fn written_later(coded: &Value) -> &Value {
    ["answered_at", "told_at"]
        .into_iter()
        .map(|field| &coded[field])
        .find(|at| at.is_string())
        .unwrap_or(&Value::Null)
}

impl Slip {
    fn says(list: &str, event: &str, coded: &Value) -> bool {
        list.split_whitespace()
            .any(|entry| match entry.split_once('?') {
                None => entry == event,
                Some((name, asked)) => {
                    let (field, wanted) = asked.split_once('=').unwrap();
                    let found = &coded[field];
                    let text = found.as_str().map_or(found.to_string(), str::to_owned);
                    name == event && !found.is_null() && (wanted == "*" || wanted == text)
                }
            })
    }

    fn read_off(&self, events: &[&Recorded]) -> Vec<(String, i64, Option<i64>)> {
        let mut spells: Vec<(String, i64, Option<i64>)> = Vec::new();
        for event in events {
            let body: Value = serde_json::from_slice(&event.body).unwrap();
            let coded = &body["coded"];
            let at_ms = |text: &Value| {
                let at = text
                    .as_str()
                    .map(|text| text.parse::<jiff::Timestamp>().unwrap());
                at.unwrap_or(event.occurred_at).as_millisecond()
            };
            let over = if Self::says(self.stop, &event.event_type, coded) {
                Some("stopped")
            } else if Self::says(self.cancel, &event.event_type, coded) {
                Some("cancelled")
            } else {
                None
            };
            let runs = spells.last().is_some_and(|spell| spell.2.is_none());
            let starts = Self::says(self.start, &event.event_type, coded);
            if starts && !runs && (!self.once || spells.is_empty()) {
                let started = at_ms(&body["opening"]["received_at"]);
                spells.push(("running".to_owned(), started, None));
            }
            if let (Some(status), Some(spell)) = (over, spells.last_mut())
                && spell.2.is_none()
            {
                *spell = (
                    status.to_owned(),
                    spell.1,
                    Some(at_ms(written_later(coded))),
                );
                if self.anew && status == "stopped" {
                    let at = event.occurred_at.as_millisecond();
                    spells.push(("running".to_owned(), at, None));
                }
            }
        }
        spells
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_ten_clocks_equal_those_that_are_read_off_the_log_by_hand() {
    let engine = worked(120).await;
    engine.runner.run_until_idle().await.unwrap();
    let log = log_of(&engine).await;
    let mut streams: BTreeMap<Uuid, Vec<&Recorded>> = BTreeMap::new();
    for event in &log {
        streams.entry(event.stream).or_default().push(event);
    }
    let client = engine.database.connect().await;
    let rows = "select request_id, status, started_at, ended_at from read_model.response_times \
                where clock = $1 and spell > 0 order by request_id, spell";
    for slip in slips() {
        let mut plain: BTreeMap<Uuid, Vec<(String, i64, Option<i64>)>> = BTreeMap::new();
        for (request, events) in &streams {
            let spells = slip.read_off(events);
            if !spells.is_empty() {
                plain.insert(*request, spells);
            }
        }
        let mut found: BTreeMap<Uuid, Vec<(String, i64, Option<i64>)>> = BTreeMap::new();
        for row in client.query(rows, &[&slip.clock]).await.unwrap() {
            let (request, status): (Uuid, String) = (row.get(0), row.get(1));
            let (started, ended): (jiff::Timestamp, Option<jiff::Timestamp>) =
                (row.get(2), row.get(3));
            let status = match status.as_str() {
                "paused" => "running".to_owned(),
                _ => status,
            };
            let ended = ended.map(jiff::Timestamp::as_millisecond);
            let spells = found.entry(request).or_default();
            spells.push((status, started.as_millisecond(), ended));
        }
        assert!(!plain.is_empty(), "no request has the clock {}", slip.clock);
        assert_eq!(found, plain, "{}", slip.clock);
    }
}
