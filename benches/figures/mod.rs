//! Figures of several rounds: of each the one in the middle, and ratios taken within their round.

use serde_json::{Map, Value, json};
use tokio_postgres::Client;

/// What one round found, by name; the last word of a name is its unit.
#[derive(Default)]
pub(crate) struct Round(Map<String, Value>);

impl Round {
    pub(crate) fn keep(&mut self, name: &str, value: f64) {
        self.0.insert(name.to_owned(), json!(value));
    }
}

fn middle(mut values: Vec<f64>) -> Value {
    values.sort_by(f64::total_cmp);
    json!(values[values.len() / 2])
}

fn of(round: &Round, name: &str) -> f64 {
    round.0[name].as_f64().unwrap()
}

/// Prints them, as lines or for a program.
pub(crate) async fn print(
    rounds: &[Round],
    ratios: &[(&str, &str)],
    cluster: &Client,
    as_json: bool,
) {
    let show = "select string_agg(name || '=' || setting, ' ' order by name) from pg_settings
        where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'server_version',
            'shared_buffers', 'max_wal_size', 'wal_compression')";
    let postgres: String = cluster.query_one(show, &[]).await.unwrap().get(0);
    let names = rounds[0].0.keys();
    let figures: Map<String, Value> = names
        .map(|name| {
            let values = rounds.iter().map(|round| of(round, name));
            (name.clone(), middle(values.collect()))
        })
        .collect();
    let ratios: Map<String, Value> = ratios
        .iter()
        .map(|(above, below)| {
            let values = rounds
                .iter()
                .map(|round| of(round, above) / of(round, below));
            (format!("{above} : {below}"), middle(values.collect()))
        })
        .collect();
    if as_json {
        let all = json!({ "postgres": postgres, "figures": figures, "ratios": ratios });
        println!("{all}");
        return;
    }
    println!("postgres: {postgres}\nmedians of {} rounds", rounds.len());
    for (name, value) in figures.iter().chain(&ratios) {
        println!("{name:<60} {:>12.3}", value.as_f64().unwrap());
    }
}
