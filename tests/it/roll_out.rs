//! A new version of a workflow for one cluster first; what is open stays with its own version.

use crate::support::WorkflowFiles;
use crate::support::client::{Served, example};
use reqwest::StatusCode;
use serde_json::json;

/// The end of the only step of the shipped roll-out.
const FIRST: &str = "from: 2025-01-01 }\n\n# Rung";

/// Version 2 is for one cluster, since long ago; `v3` is still to come there.
fn files(name: &str) -> WorkflowFiles {
    let files = WorkflowFiles::copied(name);
    let folder = files.folder().join("request-for-assistance");
    let text = std::fs::read_to_string(folder.join("v1.yaml")).unwrap();
    for version in [2, 3] {
        let text = text.replace("\nversion: 1\n", &format!("\nversion: {version}\n"));
        std::fs::write(folder.join(format!("v{version}.yaml")), text).unwrap();
    }
    let stages = "from: 2025-01-01 }
  - { workflow: request-for-assistance, version: 2, clusters: [girvan-academy], from: 2026-01-01 }
  - { workflow: request-for-assistance, version: 3, clusters: [girvan-academy], from: 2099-01-01 }

# Rung";
    files.change("organisation/south-ayrshire.yaml", FIRST, stages);
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_is_taken_in_its_clusters_from_its_day_on() {
    let files = files("roll-out");
    let served = Served::by(files.folder()).await;
    let version = async |data: serde_json::Value| {
        let sent = served.post("/requests", "head.girvan", json!({ "data": data }));
        let sent = sent.await;
        assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text);
        let path = format!("/requests/{}", sent.body["request_id"].as_str().unwrap());
        served.get(&path, "head.girvan").await.body["workflow_version"].clone()
    };
    let girvan = example("send");
    assert_eq!(version(girvan.clone()).await, 2);
    let mut elsewhere = girvan.clone();
    elsewhere["child"]["school"] = json!("example-primary-ayr");
    assert_eq!(version(elsewhere).await, 1);
    let mut nowhere = girvan;
    nowhere["child"].as_object_mut().unwrap().remove("school");
    assert_eq!(version(nowhere).await, 1);

    let list = served.get("/workflows", "head.girvan").await;
    let versions = list.body["workflows"].as_array().unwrap();
    assert_eq!(versions.len(), 3);
    let everywhere = json!([{ "clusters": [], "from": "2025-01-01" }]);
    assert_eq!(versions[0]["roll_out"], everywhere);
    assert_eq!(
        versions[1]["roll_out"],
        json!([{ "clusters": ["girvan-academy"], "from": "2026-01-01" }])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_version_is_rolled_out_yet_it_is_said() {
    let files = WorkflowFiles::copied("roll-out-nowhere");
    let stage = "clusters: [kyle-academy], from: 2025-01-01 }\n\n# Rung";
    files.change("organisation/south-ayrshire.yaml", FIRST, stage);
    let served = Served::by(files.folder()).await;
    let body = json!({ "data": example("send") });
    let refused = served.post("/requests", "head.girvan", body).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    let detail = refused.body["detail"].as_str().unwrap();
    assert_eq!(
        detail,
        "`request-for-assistance` is not used in this child's cluster yet."
    );
}
