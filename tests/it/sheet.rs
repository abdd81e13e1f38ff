//! Requests from a sheet, over HTTP and by the command line: all rows or none, and none twice.

use crate::support::ProcessUnderTest;
use crate::support::client::{Answer, Served, example};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use uuid::Uuid;

/// Of the school's own account, for the head teacher of that school.
const WHO: &str = "school.system";

/// The cells of an example, by column.
fn cells(data: &Value) -> BTreeMap<String, String> {
    fn flatten(name: &str, value: &Value, cells: &mut BTreeMap<String, String>) {
        let dot = if name.is_empty() { "" } else { "." };
        match value {
            Value::Object(members) => {
                for (member, value) in members {
                    flatten(&format!("{name}{dot}{member}"), value, cells);
                }
            }
            Value::Array(items) if items.iter().any(Value::is_object) => {
                for (index, item) in items.iter().enumerate() {
                    flatten(&format!("{name}.{}", index + 1), item, cells);
                }
            }
            Value::Array(items) => {
                let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                cells.insert(name.to_owned(), texts.join("; "));
            }
            Value::String(text) => drop(cells.insert(name.to_owned(), text.clone())),
            Value::Bool(_) | Value::Number(_) | Value::Null => {
                cells.insert(name.to_owned(), value.to_string());
            }
        }
    }
    let mut found = BTreeMap::new();
    flatten("", data, &mut found);
    found
}

/// An invented request for a child of that name.
fn row(key: &str, given_name: &str) -> BTreeMap<String, String> {
    let mut data = example("send");
    data["child"]["given_name"] = json!(given_name);
    let mut row = cells(&data);
    row.insert("key".to_owned(), key.to_owned());
    row.insert("on_behalf_of".to_owned(), "head.girvan".to_owned());
    row
}

fn csv(rows: &[BTreeMap<String, String>]) -> String {
    let names: Vec<&String> = rows[0].keys().collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&names).unwrap();
    for row in rows {
        let cells = names
            .iter()
            .map(|name| row.get(*name).map_or("", String::as_str));
        writer.write_record(cells).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

async fn send(served: &Served, query: &str, by: &str, sheet: &str) -> Answer {
    let path = format!("/requests/sheet{query}");
    served
        .call(Method::POST, &path, by)
        .header("Content-Type", "text/csv; charset=utf-8")
        .bytes(sheet.as_bytes().to_vec())
        .send()
        .await
}

async fn head_position(served: &Served) -> i64 {
    let client = served.database().connect().await;
    let newest = "select max(last_position) from event_log.appends";
    client.query_one(newest, &[]).await.unwrap().get(0)
}

fn wrong(answer: &Answer) -> Vec<(&str, &str)> {
    let errors = answer.body["errors"].as_array().unwrap();
    errors
        .iter()
        .map(|e| (e["pointer"].as_str().unwrap(), e["what"].as_str().unwrap()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_opens_a_request_a_row_and_the_same_sheet_again_opens_nothing() {
    let served = Served::start().await;
    let rows = [row("2026-001", "Robin"), row("2026-002", "Jo")];
    let sheet = csv(&rows);
    let before = head_position(&served).await;
    let checked = send(&served, "?check=true", WHO, &sheet).await;
    assert_eq!(checked.status, StatusCode::OK, "{}", checked.text);
    assert_eq!(head_position(&served).await, before);

    let taken = send(&served, "", WHO, &sheet).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text);
    assert_eq!(taken.body["opened"], 2);
    let request = taken.body["rows"][1]["receipt"]["request_id"]
        .as_str()
        .unwrap();
    let seen = served
        .get(&format!("/requests/{request}"), "head.girvan")
        .await;
    let mut data = seen.body["events"][0]["data"].clone();
    data.as_object_mut().unwrap().remove("derived");
    assert_eq!(data, example_of("Jo"), "{}", seen.text);

    // By spreadsheets of other countries, in another order, with one more row, and by the shell.
    let after = head_position(&served).await;
    let again = send(&served, "", WHO, &sheet).await;
    assert_eq!(
        (&again.body["opened"], &again.body["taken_before"]),
        (&json!(0), &json!(2))
    );
    assert_eq!(again.body["rows"][1]["receipt"]["request_id"], request);
    assert_eq!(head_position(&served).await, after);
    let more = csv(&[rows[1].clone(), row("2026-003", "Kim"), rows[0].clone()]);
    let more = send(&served, "", WHO, &more).await;
    assert_eq!(more.body["opened"], 1, "{}", more.text);

    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.csv", Uuid::new_v4()));
    std::fs::write(&file, &sheet).unwrap();
    let printed = run(
        &served,
        &["requests", "import", "--as", WHO, file.to_str().unwrap()],
    )
    .await;
    assert!(
        printed.contains("2 rows, 0 requests opened, 2 taken before"),
        "{printed}"
    );
    let mut wrong = rows[0].clone();
    wrong.insert("child.date_of_birth".to_owned(), "Invented".to_owned());
    wrong.insert("key".to_owned(), "2026-004".to_owned());
    std::fs::write(&file, csv(&[wrong])).unwrap();
    let printed = run(
        &served,
        &["requests", "import", "--as", WHO, file.to_str().unwrap()],
    )
    .await;
    std::fs::remove_file(&file).unwrap();
    assert!(
        printed.contains("row 2, child.date_of_birth: not of the form"),
        "{printed}"
    );
    assert!(!printed.contains("Invented"), "{printed}");
}

/// What the example says, of a child of that name.
fn example_of(given_name: &str) -> Value {
    let mut data = example("send");
    data["child"]["given_name"] = json!(given_name);
    data
}

/// Everything that the command printed.
async fn run(served: &Served, arguments: &[&str]) -> String {
    let url = served.database().url.clone();
    let mut process = ProcessUnderTest::spawn(arguments, &[("DATABASE_URL", &url)]);
    process.wait().await;
    process.output()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wrong_row_keeps_all_of_them_out_and_no_cell_is_repeated() {
    let served = Served::start().await;
    let used = csv(&[row("used", "Robin")]);
    assert_eq!(send(&served, "", WHO, &used).await.status, StatusCode::OK);
    let before = head_position(&served).await;
    let with = |key: &str, changed: &[(&str, &str)]| {
        let mut row = row(key, "Secret-Name");
        for (column, cell) in changed {
            row.insert((*column).to_owned(), (*cell).to_owned());
        }
        row
    };
    let rows = [
        with("k1", &[]),
        with(
            "k2",
            &[("child.given_name", ""), ("urgency", "Secret-Name")],
        ),
        with("k3", &[("going_well", &"x".repeat(10_001))]),
        with("k4", &[("on_behalf_of", "hv.ayr")]),
        with("k5", &[("on_behalf_of", "")]),
        with("k6", &[("on_behalf_of", "no.body")]),
        with(
            "used",
            &[("views.child.how", "=HYPERLINK(\"http://example.org\")")],
        ),
        with("used2", &[("hoped_for.1.hope", "")]),
    ];
    let refused = send(&served, "", WHO, &csv(&rows)).await;
    assert_eq!(
        refused.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        refused.text
    );
    let found = wrong(&refused);
    for expected in [
        ("#row/3/child.given_name", "missing"),
        ("#row/3/urgency", "not one of the values"),
        ("#row/4/going_well", "too long"),
        ("#row/6/on_behalf_of", "missing"),
        ("#row/7/on_behalf_of", "not known"),
        ("#row/9/hoped_for.1.hope", "missing"),
    ] {
        assert!(found.contains(&expected), "{expected:?}: {found:?}");
    }
    assert!(
        found.iter().any(|(at, _)| at.starts_with("#row/5")),
        "{found:?}"
    );
    assert!(found.iter().any(|(at, _)| *at == "#row/8/key"), "{found:?}");
    assert!(
        !found.iter().any(|(at, _)| at.starts_with("#row/2")),
        "{found:?}"
    );
    assert!(!refused.text.contains("Secret-Name") && !refused.text.contains("HYPERLINK"));
    assert_eq!(head_position(&served).await, before);
    // The header is judged before the rows, and so are bytes that are no sheet.
    let header = send(&served, "", WHO, "key,child.family_nmae\nk1,Secret-Name\n").await;
    assert!(wrong(&header).contains(&("#row/1/B", "a column that does not exist")));
    let utf16 = send(&served, "", WHO, "PK\u{3}\u{4}").await;
    assert_eq!(wrong(&utf16), [("#sheet", "a workbook or an archive")]);
    let json = served.post("/requests/sheet", WHO, json!({})).await;
    assert_eq!(json.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_template_is_filled_in_and_sent_back() {
    let served = Served::start().await;
    let template = served.get("/requests/sheet", "head.girvan").await;
    assert_eq!(template.status, StatusCode::OK, "{}", template.text);
    let text = template.text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes());
    let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), 2, "{text}");
    let mut filled = row("t-1", "Robin");
    // People ask for themselves.
    filled.remove("on_behalf_of");
    let cells = |name: &str| filled.get(name).cloned().unwrap_or_default();
    let mut writer = csv::WriterBuilder::new()
        .delimiter(b';')
        .from_writer(Vec::new());
    records
        .iter()
        .for_each(|record| writer.write_record(record).unwrap());
    writer.write_record(records[0].iter().map(cells)).unwrap();
    let sheet = String::from_utf8(writer.into_inner().unwrap()).unwrap();
    let taken = send(&served, "", "head.girvan", &sheet).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text);
    assert_eq!(taken.body["rows"][0]["row"], 3);
    assert_eq!(taken.body["opened"], 1);
    let printed = run(&served, &["requests", "template"]).await;
    assert!(printed.contains("child.family_name"), "{printed}");
    let unknown = served
        .get("/requests/sheet?workflow=no-such", "head.girvan")
        .await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
}
