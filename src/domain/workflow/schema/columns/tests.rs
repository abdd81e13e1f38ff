use super::{Cells, Columns};
use serde_json::{Value, json};

fn columns() -> Columns {
    Columns::of(&json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["child", "told", "hopes", "help"],
        "$defs": { "view": { "type": "object", "required": ["how"], "properties": { "how": { "enum": ["said", "drew"] } } } },
        "properties": {
            "child": {
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": { "title": "Name", "type": "string", "maxLength": 20 },
                    "born": { "type": "string", "format": "date" },
                }
            },
            "told": { "type": "boolean" },
            "count": { "type": "integer" },
            "help": { "type": "array", "items": { "enum": ["a", "b"] } },
            "hopes": { "type": "array", "maxItems": 2, "items": {
                "type": "object", "required": ["hope"], "properties": { "hope": { "type": "string" } }
            } },
            "views": { "type": "object", "properties": { "child": { "$ref": "#/$defs/view" } } },
        }
    }))
}

fn data(cells: &[(&str, &str)]) -> Result<Value, Vec<String>> {
    let cells: Cells<'_> = cells.iter().copied().collect();
    let faults = |faults: Vec<super::CellFault>| faults.into_iter().map(|f| f.column).collect();
    columns().data(&cells).map_err(faults)
}

#[test]
fn a_schema_becomes_columns_with_what_every_row_needs_on_the_left() {
    let columns = columns();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "child.name",
            "help",
            "hopes.1.hope",
            "told",
            "child.born",
            "count",
            "hopes.2.hope",
            "views.child.how"
        ]
    );
    let needed: Vec<bool> = columns.iter().map(|column| column.needed).collect();
    assert_eq!(needed, [true, true, true, true, false, false, false, false]);
    assert_eq!(
        columns.find("child.name").unwrap().allowed,
        "a text, at most 20 characters"
    );
    assert_eq!(
        columns.find("views.child.how").unwrap().allowed,
        "one of: said, drew"
    );
    assert!(columns.find("hopes.2.hope").unwrap().further);
}

#[test]
fn cells_become_data_and_empty_ones_are_left_out() {
    let cells = [
        ("child.name", "Invented"),
        ("child.born", "14/05/2018"),
        ("told", "TRUE"),
        ("count", "12"),
        ("help", "a; b;"),
        ("hopes.2.hope", "Made up"),
    ];
    assert_eq!(
        data(&cells).unwrap(),
        json!({
            "child": { "name": "Invented", "born": "2018-05-14" },
            "told": true, "count": 12, "help": ["a", "b"],
            "hopes": [{}, { "hope": "Made up" }],
        })
    );
    // What is needed is there, so that what it lacks is found at its place.
    assert_eq!(data(&[]).unwrap(), json!({ "child": {}, "hopes": [{}] }));
}

#[test]
fn a_cell_of_another_kind_is_told_by_its_column_and_an_odd_date_is_left_to_the_schema() {
    let wrong = data(&[("told", "perhaps"), ("count", "twelve")]);
    assert_eq!(wrong.unwrap_err(), ["count", "told"]);
    let odd = data(&[("child.born", "05/14/2018")]).unwrap();
    assert_eq!(odd["child"]["born"], "05/14/2018");
    let short = data(&[("child.born", "14/05/27")]).unwrap();
    assert_eq!(short["child"]["born"], "14/05/27");
}

#[test]
fn a_place_in_the_data_leads_back_to_its_column() {
    let columns = columns();
    for (pointer, column) in [
        ("/child/name", "child.name"),
        ("/hopes/1/hope", "hopes.2.hope"),
        ("/help/1", "help"),
        ("/views/child", "views.child.how"),
        ("/child/other", "child.other"),
        ("", ""),
    ] {
        assert_eq!(columns.at(pointer), column, "{pointer}");
    }
    assert_eq!(columns.nearest("child.nmae").as_deref(), Some("child.name"));
}
