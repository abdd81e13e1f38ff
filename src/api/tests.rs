use super::{ROUTES, openapi};
use std::collections::BTreeSet;

#[test]
fn the_routes_and_the_document_are_the_same() {
    let document = serde_json::to_value(openapi::whole()).unwrap();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            documented.insert(format!("{method} {path}"));
        }
    }
    let routes: BTreeSet<String> = ROUTES
        .iter()
        .map(|route| {
            let method = serde_json::to_value(&route.method).unwrap();
            format!("{} {}", method.as_str().unwrap(), route.path)
        })
        .collect();
    assert_eq!(routes, documented);
    assert_eq!(document["openapi"], "3.1.0");
}

#[test]
fn only_these_routes_are_open_without_a_token() {
    let open: Vec<&str> = ROUTES
        .iter()
        .filter(|route| route.action.is_none())
        .map(|route| route.path)
        .collect();
    let expected = [
        "/livez",
        "/readyz",
        "/openapi.json",
        "/openapi",
        "/asyncapi.json",
        "/schemas/{name}",
    ];
    assert_eq!(open, expected);
}

#[test]
fn every_operation_documents_its_problems_and_its_security() {
    let document = serde_json::to_value(openapi::whole()).unwrap();
    let make = &document["paths"]["/requests/{id}/moves/{move}"]["post"];
    for status in [
        "400", "401", "403", "404", "409", "412", "413", "415", "422", "428", "500", "503",
    ] {
        let problem = &make["responses"][status]["content"]["application/problem+json"];
        assert_eq!(
            problem["schema"]["$ref"], "#/components/schemas/Problem",
            "{status}"
        );
    }
    assert!(make["security"][0]["token"].is_array());
    // An empty requirement is how a document says that no token is needed.
    let open = &document["paths"]["/livez"]["get"]["security"];
    assert_eq!(*open, serde_json::json!([{}]));
}

#[test]
fn every_reference_in_the_document_leads_somewhere() {
    let document = serde_json::to_value(openapi::whole()).unwrap();
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        if let Some(target) = value.get("$ref").and_then(|r| r.as_str()) {
            assert!(
                document.pointer(target.trim_start_matches('#')).is_some(),
                "{target}"
            );
        }
        open.extend(value.as_object().into_iter().flatten().map(|(_, v)| v));
        open.extend(value.as_array().into_iter().flatten());
    }
}
