//! An organisation file: what is declared twice or refers to nothing is reported with its place.

mod covers;
mod numbers;
mod roll_out;

use super::super::located::{Node, Reader, quoted};
use super::value;
use crate::domain::ids::{AgencyId, Authority, CalendarName, IdError, TeamId, WorkflowName};
use crate::domain::organisation::file::{
    Agency, Cluster, DrawsFrom, Locality, OrganisationFile, School, Unit, UnitKind,
};
use covers::cover;
use numbers::number;
use roll_out::roll_out;

const DRAWS: [(&str, DrawsFrom); 2] = [
    ("locality", DrawsFrom::Locality),
    ("everywhere", DrawsFrom::Everywhere),
];

pub(super) fn read(reader: &mut Reader, root: &Node) -> Option<OrganisationFile> {
    let known = Known::collect(root);
    let mut fields = reader.fields(root)?;
    let format = super::read_format(reader, &mut fields);
    let organisation = fields.need_as(reader, "organisation", |r, n| r.id(n, Authority::parse));
    let revision = fields.find_as(reader, "revision", Reader::whole);
    let title = fields.need_as(reader, "title", Reader::text);
    let status = fields.find_as(reader, "status", Reader::text);
    let effective_from = fields.need_as(reader, "effective_from", Reader::date);
    let default_calendar = fields.need_as(reader, "default_calendar", calendar);
    let workflows = fields.find_as(reader, "workflows", |r, n| {
        let items = r.items(n, "workflows").iter();
        let names = items.filter_map(|item| r.id(item, WorkflowName::parse));
        Some(names.collect::<Vec<_>>())
    });
    let units = fields.need_as(reader, "units", |r, n| Some(each(r, n, &known, unit)));
    let localities = fields.find_as(reader, "localities", |r, n| {
        Some(each(r, n, &known, locality))
    });
    let clusters = fields.find_as(reader, "clusters", |r, n| Some(each(r, n, &known, cluster)));
    let schools = fields.find_as(reader, "schools", |r, n| Some(each(r, n, &known, school)));
    let agencies = fields.find_as(reader, "agencies", |r, n| Some(each(r, n, &known, agency)));
    let covers = fields.find_as(reader, "covers", |r, n| Some(each(r, n, &known, cover)));
    let stages = fields.find_as(reader, "roll_out", |r, n| {
        Some(each(r, n, &known, roll_out))
    });
    let numbers = fields.find_as(reader, "concern_numbers", |r, n| {
        Some(each(r, n, &known, number))
    });
    fields.finish(reader);
    ids_once(reader, root);
    let file = OrganisationFile {
        format: format?,
        organisation: organisation?,
        revision,
        title: title?,
        status,
        effective_from: effective_from?,
        default_calendar: default_calendar?,
        workflows: workflows.unwrap_or_default(),
        units: units?,
        localities: localities.unwrap_or_default(),
        clusters: clusters.unwrap_or_default(),
        schools: schools.unwrap_or_default(),
        agencies: agencies.unwrap_or_default(),
        covers: covers.unwrap_or_default(),
        roll_out: stages.unwrap_or_default(),
        concern_numbers: numbers.unwrap_or_default(),
    };
    one_receiver(reader, root, &file);
    covers::one_cover(reader, root, &file);
    Some(file)
}

/// What the lists of the file declare.
struct Known<'n> {
    localities: Vec<&'n str>,
    clusters: Vec<&'n str>,
    agencies: Vec<&'n str>,
    schools: Vec<&'n str>,
}

impl<'n> Known<'n> {
    fn collect(root: &'n Node) -> Self {
        let ids = |part: &str| -> Vec<&'n str> {
            members(root, part)
                .iter()
                .filter_map(|item| item.find("id")?.as_text())
                .collect()
        };
        Self {
            localities: ids("localities"),
            clusters: ids("clusters"),
            agencies: ids("agencies"),
            schools: ids("schools"),
        }
    }
}

fn members<'n>(root: &'n Node, part: &str) -> &'n [Node] {
    use super::super::located::Yaml;
    match root.find(part).map(|node| &node.yaml) {
        Some(Yaml::List(items)) => items,
        _ => &[],
    }
}

fn each<T>(
    reader: &mut Reader,
    node: &Node,
    known: &Known<'_>,
    read: fn(&mut Reader, &Node, &Known<'_>) -> Option<T>,
) -> Vec<T> {
    let items = reader.items(node, "maps").iter();
    items.filter_map(|item| read(reader, item, known)).collect()
}

fn calendar(reader: &mut Reader, node: &Node) -> Option<CalendarName> {
    reader.id(node, CalendarName::parse)
}

/// A code of the organisation: written as ids are.
fn code(reader: &mut Reader, node: &Node) -> Option<String> {
    let as_code = |text: &str| -> Result<String, IdError> {
        TeamId::parse(text)
            .map(String::from)
            .map_err(|why| IdError {
                kind: "code",
                ..why
            })
    };
    reader.id(node, as_code)
}

fn code_of(reader: &mut Reader, node: &Node, what: &str, known: &[&str]) -> Option<String> {
    let text = reader.text(node)?;
    reader
        .known(node, what, &text, known.iter().copied())
        .then_some(text)
}

fn unit(reader: &mut Reader, node: &Node, known: &Known<'_>) -> Option<Unit> {
    let mut fields = reader.fields(node)?;
    let id = fields.need_as(reader, "id", |r, n| r.id(n, TeamId::parse));
    let kind = fields.need_as(reader, "kind", |r, n| r.word(n, "kind", &UnitKind::WORDS));
    let title = fields.need_as(reader, "title", Reader::text);
    let localities = fields.find_as(reader, "localities", |r, n| {
        let items = r.items(n, "localities").iter();
        let codes = items.filter_map(|item| code_of(r, item, "locality", &known.localities));
        Some(codes.collect::<Vec<_>>())
    });
    let calendar = fields.find_as(reader, "calendar", calendar);
    let from = fields.find_as(reader, "from", Reader::date);
    let until = fields.find_as(reader, "until", Reader::date);
    fields.finish(reader);
    if let (Some(from), Some(until)) = (from, until)
        && until < from
    {
        reader.wrong(
            node,
            "a unit that ends before it starts",
            "`until` from `from` on",
        );
    }
    Some(Unit {
        id: id?,
        kind: kind?,
        title: title?,
        localities: localities.unwrap_or_default(),
        calendar,
        from,
        until,
    })
}

fn locality(reader: &mut Reader, node: &Node, _known: &Known<'_>) -> Option<Locality> {
    let mut fields = reader.fields(node)?;
    let id = fields.need_as(reader, "id", code);
    let title = fields.need_as(reader, "title", Reader::text);
    fields.finish(reader);
    Some(Locality {
        id: id?,
        title: title?,
    })
}

fn cluster(reader: &mut Reader, node: &Node, _known: &Known<'_>) -> Option<Cluster> {
    let mut fields = reader.fields(node)?;
    let id = fields.need_as(reader, "id", code);
    let title = fields.need_as(reader, "title", Reader::text);
    let draws_from = fields.find_as(reader, "draws_from", |r, n| r.word(n, "source", &DRAWS));
    fields.finish(reader);
    Some(Cluster {
        id: id?,
        title: title?,
        draws_from: draws_from.unwrap_or_default(),
    })
}

fn school(reader: &mut Reader, node: &Node, known: &Known<'_>) -> Option<School> {
    let mut fields = reader.fields(node)?;
    let id = fields.need_as(reader, "id", |r, n| r.id(n, AgencyId::parse));
    let title = fields.need_as(reader, "title", Reader::text);
    let cluster = fields.find_as(reader, "cluster", |r, n| {
        code_of(r, n, "cluster", &known.clusters)
    });
    let locality = fields.find_as(reader, "locality", |r, n| {
        code_of(r, n, "locality", &known.localities)
    });
    let calendar = fields.find_as(reader, "calendar", calendar);
    let agency = fields.find_as(reader, "agency", |r, n| {
        value::declared(r, n, AgencyId::parse, "agency", &known.agencies)
    });
    fields.finish(reader);
    Some(School {
        id: id?,
        title: title?,
        cluster,
        locality,
        calendar,
        agency,
    })
}

fn agency(reader: &mut Reader, node: &Node, _known: &Known<'_>) -> Option<Agency> {
    let mut fields = reader.fields(node)?;
    let id = fields.need_as(reader, "id", |r, n| r.id(n, AgencyId::parse));
    let title = fields.need_as(reader, "title", Reader::text);
    let kind = fields.need_as(reader, "kind", code);
    let calendar = fields.find_as(reader, "calendar", calendar);
    fields.finish(reader);
    Some(Agency {
        id: id?,
        title: title?,
        kind: kind?,
        calendar,
    })
}

/// Schools and agencies share one set of ids: both ask for help.
fn ids_once(reader: &mut Reader, root: &Node) {
    let groups: [&[&str]; 4] = [
        &["units"],
        &["localities"],
        &["clusters"],
        &["schools", "agencies"],
    ];
    for parts in groups {
        let mut seen = std::collections::BTreeMap::new();
        let items = parts.iter().flat_map(|part| members(root, part));
        for id in items.filter_map(|item| item.find("id")) {
            let Some(text) = id.as_text() else { continue };
            if let Some(first) = seen.insert(text, id.place.line) {
                let found = format!("the id {} twice, first on line {first}", quoted(text));
                reader.wrong(id, found, "each id once");
            }
        }
    }
}

/// On every day a locality has at most one team that receives its requests.
fn one_receiver(reader: &mut Reader, root: &Node, file: &OrganisationFile) {
    if file.units.len() != members(root, "units").len() {
        return;
    }
    let receiving = |unit: &Unit| unit.kind == UnitKind::LocalityTeam;
    for (i, (unit, node)) in file.units.iter().zip(members(root, "units")).enumerate() {
        for other in file.units[..i].iter().filter(|other| receiving(other)) {
            let (first, last) = file.days_of(unit);
            let (other_first, other_last) = file.days_of(other);
            let shared = other
                .localities
                .iter()
                .find(|l| unit.localities.contains(l));
            if let Some(locality) = shared
                && receiving(unit)
                && first <= other_last
                && other_first <= last
            {
                let found = format!(
                    "a second team that receives for `{locality}`, beside `{}`",
                    other.id
                );
                reader.wrong(node, found, "one locality team a locality on each day");
            }
        }
    }
}
