//! What invented people write: the data of each act, marked as invented in every free text.

use super::cast::Cast;
use super::choice::{Asker, Chance};
use super::story::{Doing, Scene, Story};
use crate::domain::ids::{PrincipalId, TeamId};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::{ToSpan, tz::TimeZone};
use serde_json::{Value, json};

const GIVEN: [&str; 12] = [
    "Alder", "Birch", "Cedar", "Dune", "Elm", "Fern", "Gale", "Heath", "Iris", "Juniper", "Kelp",
    "Linn",
];
const FAMILY: [&str; 12] = [
    "Invented-Ash",
    "Invented-Brook",
    "Invented-Crag",
    "Invented-Dell",
    "Invented-Esk",
    "Invented-Firth",
    "Invented-Glen",
    "Invented-Haugh",
    "Invented-Isle",
    "Invented-Knowe",
    "Invented-Loch",
    "Invented-Muir",
];

/// What an act needs of the moment.
pub struct Moment<'a> {
    pub cast: &'a Cast,
    pub story: &'a Story,
    pub at: Timestamp,
    /// The team that holds the request.
    pub team: &'a TeamId,
    /// Who will be named as worker.
    pub worker: Option<&'a PrincipalId>,
    /// Who asks from then on, if the named person changes.
    pub next_named_person: Option<&'a PrincipalId>,
}

/// Name of the move and its data.
#[expect(
    clippy::too_many_lines,
    reason = "a table: one entry for each thing that is done"
)]
pub fn payload(doing: Doing, moment: &Moment<'_>, chance: &mut Chance) -> (&'static str, Value) {
    let help = moment.story.help;
    let today = date(moment.at);
    match doing {
        Doing::Send => ("send", send(moment, chance)),
        Doing::Acknowledge => ("acknowledge", json!({})),
        Doing::ChangeNamedPerson => (
            "change-named-person",
            json!({ "named_person": moment.next_named_person, "why": "starts-school" }),
        ),
        Doing::Tell => ("tell-requester", json!({ "how": "phone" })),
        Doing::TellFamily => (
            "tell-family",
            json!({
                "told": "told", "told_at": moment.at, "by_whom": "team", "whom": "parent-carer",
                "how": chance.pick(&[("phone", 7), ("in-person", 3)]), "language": "Invented: English",
            }),
        ),
        Doing::Ask => (
            "ask",
            json!({ "question": "Invented: which mornings are hardest?" }),
        ),
        Doing::Answer => ("answer", json!({ "answer": "Invented: Mondays." })),
        Doing::Agree | Doing::AgreeFromGarf => ("agree-to-help", agree(help, moment.story, chance)),
        Doing::ProposeNotAgreed => (
            "propose-not-agreed",
            json!({
                "reason": "other-help-fits-better",
                "advice": "Invented: ask the school's own team first.",
                "views": views(moment.story, true),
            }),
        ),
        Doing::NotAgreed => (
            "not-agreed",
            json!({
                "reason": chance.pick(&[("already-helped", 3), ("other-help-fits-better", 5), ("no-capacity", 1)]),
                "advice": "Invented: ask the school's own team first.",
                "rights_explained": true,
                "requester_told": chance.percent(80),
                "views": views(moment.story, true),
            }),
        ),
        Doing::PassOn => (
            "pass-on",
            json!({
                "team": other_team(moment, chance), "reason": "Invented: lives elsewhere.",
            }),
        ),
        Doing::AskGarf => (
            "ask-garf",
            json!({
                "help_wanted": [help], "cost_band": chance.pick(&[("low", 1), ("medium", 3), ("high", 2)]),
                "reason": "Invented: needs more than the locality has.",
            }),
        ),
        Doing::Wait => (
            "wait",
            json!({
                "why": "no-worker-free", "family_told": true,
                "expected_on": today.saturating_add(60.days()).to_string(),
            }),
        ),
        Doing::NameWorker => ("name-worker", json!({ "worker": moment.worker })),
        Doing::SpokeWithFamily => (
            "spoke-with-family",
            json!({
                "with": chance.pick(&[("both", 5), ("parent-carer", 4), ("child", 1)]),
                "how": chance.pick(&[("visit", 5), ("phone", 4), ("video", 1)]),
                "note": "Invented: a first talk.",
            }),
        ),
        Doing::StartHelp => (
            "start-help",
            json!({
                "help_provided": [help], "wellbeing": wellbeing(1, 3, chance),
            }),
        ),
        Doing::Review => (
            "review",
            json!({
                "decision": chance.pick(&[("go-on", 5), ("end-soon", 3), ("more-help", 1), ("less-help", 1)]),
                "wellbeing": wellbeing(2, 4, chance),
                "views": views(moment.story, false),
            }),
        ),
        Doing::End => ("end", end(chance)),
        Doing::LookAgain => (
            "ask-to-look-again",
            json!({ "reason": "Invented: things are worse now." }),
        ),
        Doing::Concern => (
            "pass-on-child-protection-concern",
            json!({
                "risk": chance.pick(&[("neglect", 4), ("emotional", 3), ("domestic-abuse", 3), ("physical", 1)]),
                "number_rung": "initial-response",
                "concern": "Invented: a concern in brief.",
            }),
        ),
        Doing::ConcernHandedOver => (
            "concern-handed-over",
            json!({
                "concern": 1, "number_rung": "initial-response",
                "answered_at": moment.at, "answered_by": "Invented responder",
            }),
        ),
        Doing::ConcernTakenOver => ("take-over-concern", json!({ "concern": 1 })),
        Doing::ConcernResult => (
            "concern-result",
            json!({
                "concern": 1,
                "result": chance.pick(&[("child-protection", 6), ("not-child-protection", 4)]),
            }),
        ),
        Doing::HelpDeclined => (
            "help-declined",
            json!({ "by_whom": chance.pick(&[("parent-carer", 6), ("child", 2), ("both", 1)]) }),
        ),
        Doing::ChildBorn => (
            "child-born",
            json!({
                "date_of_birth": today.to_string(), "given_name": *chance.one_of(&GIVEN),
            }),
        ),
    }
}

fn send(moment: &Moment<'_>, chance: &mut Chance) -> Value {
    let story = moment.story;
    let mut data = json!({
        "child": child(moment, chance),
        "capacity": if story.asker == Asker::SocialWorker { "lead-professional" } else { "named-person" },
        "requester_role": role(story.asker),
        "going_well": "Invented: good friends, likes to help.",
        "worried_about": "Invented: tired and often late.",
        "tried_so_far": "Invented: a talk with the family, a club.",
        "help_wanted": [story.help],
        "urgency": chance.pick(&[("routine", 60), ("soon", 32), ("urgent", 8)]),
        "hoped_for": [{ "id": "hope-1", "hope": "Invented: better days." }],
        "views": views(story, false),
        "sharing": { "basis": "public-task", "told": true },
        "agrees_to_help": chance.pick(&[("agrees", 92), ("not-asked", 8)]),
    });
    if chance.percent(6)
        && let Some(data) = data.as_object_mut()
    {
        let earlier = moment
            .at
            .saturating_sub(jiff::SignedDuration::from_hours(chance.between(3, 72)));
        let earlier = earlier.unwrap_or(moment.at);
        data.insert("received_at".to_owned(), json!(earlier));
    }
    data
}

fn child(moment: &Moment<'_>, chance: &mut Chance) -> Value {
    let story = moment.story;
    let today = date(moment.at);
    let mut own = match story.scene {
        // Siblings share a family name and a home.
        Some(Scene::Sibling { family }) => Chance::new(family as u64),
        _ => chance.fork(),
    };
    let family_name = *own.one_of(&FAMILY);
    let lives_in = |wanted: &str| {
        moment
            .cast
            .postcodes
            .iter()
            .find(|(_, locality)| locality == wanted)
            .map(|(p, _)| p.clone())
    };
    let postcode = match story.scene {
        Some(Scene::QueenMargaretFromGirvan) => lives_in("carrick"),
        _ if moment.cast.postcodes.is_empty() => None,
        _ => Some(own.one_of(&moment.cast.postcodes).0.clone()),
    };
    let mut child = json!({ "family_name": family_name, "looked_after": chance.pick(&[("not", 93), ("at-home", 4), ("kinship", 3)]) });
    let Some(fields) = child.as_object_mut() else {
        return child;
    };
    if let Some(postcode) = postcode {
        fields.insert("postcode".to_owned(), json!(postcode));
    }
    match story.ages {
        None => {
            fields.insert("unborn".to_owned(), json!(true));
            let expected = today.saturating_add(chance.between(30, 150).days());
            fields.insert("expected_date".to_owned(), json!(expected.to_string()));
        }
        Some((youngest, oldest)) => {
            let years = chance.between(youngest, oldest);
            let born = today.saturating_sub((years * 365 + chance.between(20, 340)).days());
            fields.insert("given_name".to_owned(), json!(*chance.one_of(&GIVEN)));
            fields.insert("date_of_birth".to_owned(), json!(born.to_string()));
            let school = school(moment, years, chance);
            if let Some(school) = school {
                fields.insert("school".to_owned(), json!(school));
            }
        }
    }
    child
}

fn school(moment: &Moment<'_>, years: i64, chance: &mut Chance) -> Option<String> {
    if moment.story.scene == Some(Scene::QueenMargaretFromGirvan) {
        return Some("queen-margaret-academy".to_owned());
    }
    let wanted = match years {
        0..=2 => return None,
        3..=4 => "nursery",
        5..=11 => "primary",
        _ => "a",
    };
    let fitting: Vec<&String> = moment
        .cast
        .schools
        .iter()
        .map(|(school, _)| school)
        .filter(|school| school.contains(wanted) && (years < 12 || !school.contains("example")))
        .collect();
    (!fitting.is_empty()).then(|| (*chance.one_of(&fitting)).clone())
}

fn agree(help: &str, story: &Story, chance: &mut Chance) -> Value {
    let mut data = json!({
        "help_offered": [help],
        "reason": "Invented: this will help.",
        "requester_told": chance.percent(70),
        "views": views(story, true),
    });
    if chance.percent(8)
        && let Some(data) = data.as_object_mut()
    {
        let missing = json!([{ "service": "befriending", "why": "no-capacity" }]);
        data.insert("not_available".to_owned(), missing);
    }
    data
}

/// Before a decision each person's view, or a coded reason why not.
fn views(story: &Story, decision: bool) -> Value {
    let young = story.ages.is_none_or(|(_, oldest)| oldest <= 4);
    let child = if story.ages.is_none() {
        json!({ "how": "not-sought", "why_not": "unborn" })
    } else if young {
        json!({ "how": "observed", "words": "Invented: plays happily." })
    } else {
        json!({ "how": "said", "words": "Invented: I want it to be quiet." })
    };
    let differ = decision && story.scene == Some(Scene::Disagreement);
    let words = if differ {
        "Invented: we do not want this."
    } else {
        "Invented: we would like help."
    };
    json!({
        "child": child,
        "parent_carer": { "how": "said", "words": words },
        "differ": differ,
    })
}

fn wellbeing(from: i64, to: i64, chance: &mut Chance) -> Value {
    let indicators = [
        "safe",
        "healthy",
        "achieving",
        "nurtured",
        "active",
        "respected",
        "responsible",
        "included",
    ];
    indicators
        .into_iter()
        .map(|name| (name.to_owned(), json!(chance.between(from, to))))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn end(chance: &mut Chance) -> Value {
    json!({
        "reason": chance.pick(&[("help-finished", 80), ("needs-met-otherwise", 10), ("out-of-touch", 6), ("moved-away", 4)]),
        "outcomes": [{ "id": "hope-1", "outcome": chance.pick(&[("achieved", 50), ("partly", 38), ("not", 12)]) }],
        "wellbeing": wellbeing(2, 5, chance),
        "own_words": "Invented: it is better now.",
        "may_be_quoted": chance.percent(60),
        "got_help": chance.pick(&[("fully", 50), ("partly", 35), ("not-at-all", 7), ("not-asked", 8)]),
    })
}

fn other_team(moment: &Moment<'_>, chance: &mut Chance) -> TeamId {
    let others: Vec<&TeamId> = moment
        .cast
        .localities
        .iter()
        .filter(|team| *team != moment.team)
        .collect();
    if others.is_empty() {
        moment.team.clone()
    } else {
        (*chance.one_of(&others)).clone()
    }
}

fn role(asker: Asker) -> &'static str {
    match asker {
        Asker::PrimaryHead => "primary-head",
        Asker::HealthVisitor => "health-visitor",
        Asker::Guidance => "guidance",
        Asker::SocialWorker => "social-worker",
        Asker::SchoolNurse => "school-nurse",
        Asker::ThirdSector => "third-sector",
        Asker::Midwife => "midwife",
        Asker::AdultServices => "adult-services",
        Asker::Police => "police",
    }
}

fn date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC))
        .date()
}
