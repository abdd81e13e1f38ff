//! Forms of a request that is pinned to one version of a workflow, beside a file of hints that knows
//! another.

use super::Visitor;
use crate::support::WorkflowFiles;
use crate::support::client::{Served, example};
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

/// Version 2, for one cluster: a question more when help is asked for and when one is put to whoever
/// asked, and one that the hints still name is gone.
fn files() -> WorkflowFiles {
    let files = WorkflowFiles::copied("screens-versions");
    let folder = files.folder().join("request-for-assistance");
    let first = std::fs::read_to_string(folder.join("v1.yaml")).unwrap();
    let urgency = "        urgency: { title: How soon is help needed";
    let question = "        question: { title: Question,";
    let edge = first
        .lines()
        .find(|line| line.contains("        edge_of_care: {"));
    let changes = [
        ("\nversion: 1\n", "\nversion: 2\n".to_owned()),
        (
            urgency,
            format!(
                "        best_day: {{ title: Which day suits the family, description: \"Invented.\", \
                 enum: [weekday, weekend] }}\n{urgency}"
            ),
        ),
        (
            question,
            format!(
                "        answer_by: {{ title: Answer wanted by, description: \"Invented.\", \
                 type: string, format: date }}\n{question}"
            ),
        ),
        (edge.expect("a question that the hints name"), String::new()),
    ];
    let second = changes.iter().fold(first.clone(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    std::fs::write(folder.join("v2.yaml"), second).unwrap();
    files.change(
        "organisation/south-ayrshire.yaml",
        "from: 2025-01-01 }\n\n# Rung",
        "from: 2025-01-01 }\n  - { workflow: request-for-assistance, version: 2, \
         clusters: [girvan-academy], from: 2026-01-01 }\n\n# Rung",
    );
    files
}

async fn sent(served: &Served, school: &str) -> Uuid {
    let mut data = example("send");
    data["child"]["school"] = json!(school);
    data["child"]["postcode"] = Value::Null;
    data["child"].as_object_mut().unwrap().remove("postcode");
    if let Some(data) = data.as_object_mut() {
        data.remove("edge_of_care");
    }
    let answer = served.post("/requests", "head.girvan", json!({ "data": data }));
    let answer = answer.await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    answer.body["request_id"].as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_the_forms_of_the_version_that_it_is_pinned_to() {
    let files = files();
    let served = Served::by(files.folder()).await;
    for (school, duty, version) in [
        ("example-primary-girvan", "duty.carrick", 2),
        ("example-primary-ayr", "duty.ayr-south", 1),
    ] {
        let request = sent(&served, school).await;
        let seen = served.get(&format!("/requests/{request}"), duty).await;
        assert_eq!(seen.body["workflow_version"], version, "{}", seen.text);
        served.claimed(request, duty).await;
        let visitor = Visitor::signed_in(&served.process.http, duty).await;
        let form = format!("/app/requests/{request}/moves/ask");
        let drawn = visitor.get(&form).await;
        assert_eq!(drawn.status, StatusCode::OK, "{}", drawn.text);
        drawn.says("name=\"question\"");
        let more = "name=\"answer_by\"";
        assert_eq!(drawn.text.contains(more), version == 2, "{}", drawn.text);
        let fields = [("question", "Invented: which days?")];
        let done = visitor.fill_in(&form, &fields).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    }
}

/// A school says which version a new request begins with.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_the_hints_do_not_know_is_asked_and_one_that_is_gone_is_not() {
    let files = files();
    let served = Served::by(files.folder()).await;
    let visitor = Visitor::signed_in(&served.process.http, "head.girvan").await;
    for (school, version) in [("example-primary-girvan", 2), ("example-primary-ayr", 1)] {
        let begun = visitor.post("/app/new", &[("risk", "no")]).await;
        let first = begun.location().to_owned();
        let child = first.replace("strengths", "child");
        let fields = [("child.family_name", "Example"), ("child.school", school)];
        visitor.post(&child, &fields).await;
        let you = visitor.get(&first.replace("strengths", "you")).await;
        let more = you.text.contains("name=\"best_day\"");
        assert_eq!(more, version == 2, "{}", you.text);
        let help = visitor.get(&first.replace("strengths", "help")).await;
        let gone = help.text.contains("name=\"edge_of_care\"");
        assert_eq!(gone, version == 1, "{}", help.text);
    }
}
