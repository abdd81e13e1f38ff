//! An attacker with a stopwatch: whether the time of an answer tells which children are known.

use crate::lookups::{question, sent_with};
use crate::support::client::Served;
use crate::support::{Broker, Postgres};
use std::collections::BTreeMap;
use std::time::Instant;

/// Of children that another team has a request for, and as many of nobody.
const NUMBERS_OF_EACH: usize = 400;
const CALLS_A_NUMBER: usize = 25;
/// Percent of guesses that may be right; half of them are, by chance alone.
const RIGHT_MAX: f64 = 55.0;

/// What was measured for one number.
struct Sample {
    is_known: bool,
    micros: f64,
}

/// A fixed order that looks like chance: the same in every run.
struct Shuffle(u64);

impl Shuffle {
    fn next_below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.next_below(last + 1));
        }
    }
}

/// Percent right at a threshold; at least half, for a bad rule is a good one turned round.
fn right_at(threshold: f64, slower_is_known: bool, samples: &[&Sample]) -> f64 {
    let is_right = |one: &&&Sample| ((one.micros > threshold) == slower_is_known) == one.is_known;
    let right = samples.iter().filter(is_right).count();
    100.0 * right as f64 / samples.len() as f64
}

/// A threshold chosen on one half of the samples, tried on the other.
fn guessed(samples: &[Sample]) -> f64 {
    let (learn, test): (Vec<_>, Vec<_>) = samples
        .iter()
        .enumerate()
        .partition(|(index, _)| index % 2 == 0);
    let learn: Vec<&Sample> = learn.into_iter().map(|(_, one)| one).collect();
    let test: Vec<&Sample> = test.into_iter().map(|(_, one)| one).collect();
    let mut cuts: Vec<f64> = learn.iter().map(|one| one.micros).collect();
    cuts.sort_by(f64::total_cmp);
    let step = (cuts.len() / 200).max(1);
    let rules = cuts
        .iter()
        .step_by(step)
        .flat_map(|cut| [(*cut, true), (*cut, false)]);
    let best =
        rules.max_by(|a, b| right_at(a.0, a.1, &learn).total_cmp(&right_at(b.0, b.1, &learn)));
    let (cut, slower) = best.expect("some sample");
    right_at(cut, slower, &test)
}

struct Attack {
    client: reqwest::Client,
    url: String,
    token: String,
}

impl Attack {
    async fn micros(&self, number: &str) -> f64 {
        let call = self
            .client
            .post(&self.url)
            .bearer_auth(&self.token)
            .header("Content-Type", "application/json")
            .body(question("seemis", number).to_string());
        let started = Instant::now();
        let answer = call.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        let micros = started.elapsed().as_secs_f64() * 1e6;
        assert_eq!(status, 200, "{text}");
        assert_eq!(text, r#"{"requests":[]}"#);
        micros
    }
}

#[ignore = "20,000 calls; run by make test-peers"]
#[tokio::test(flavor = "multi_thread")]
async fn the_time_of_an_answer_does_not_tell_who_is_known() {
    let (database, vhost) = (Postgres::database().await, Broker::vhost().await);
    let no_budget = [("RFA_SEARCHES_PER_PERSON", "100000".to_owned())];
    let served = Served::over_by(&database.url, &vhost.url, &no_budget).await;
    let number = |index: usize| format!("{}", 200_000 + 7 * index);
    for index in 0..NUMBERS_OF_EACH {
        sent_with(&served, "head.girvan", &number(index)).await;
    }
    let attack = Attack {
        client: reqwest::Client::new(),
        url: format!("{}/requests/find", served.process.http),
        token: served.token("duty.ayr-north").to_owned(),
    };
    let numbers = 2 * NUMBERS_OF_EACH;
    let mut order: Vec<usize> = (0..numbers * CALLS_A_NUMBER)
        .map(|call| call % numbers)
        .collect();
    let mut chance = Shuffle(17);
    chance.shuffle(&mut order);
    for index in 0..numbers {
        attack.micros(&number(index)).await;
    }
    let mut singles = Vec::with_capacity(order.len());
    let mut sums: BTreeMap<usize, f64> = BTreeMap::new();
    for index in order {
        let micros = attack.micros(&number(index)).await;
        let is_known = index < NUMBERS_OF_EACH;
        singles.push(Sample { is_known, micros });
        *sums.entry(index).or_default() += micros;
    }
    let mut means: Vec<Sample> = sums
        .into_iter()
        .map(|(index, sum)| Sample {
            is_known: index < NUMBERS_OF_EACH,
            micros: sum / CALLS_A_NUMBER as f64,
        })
        .collect();
    chance.shuffle(&mut means);
    let (single, mean) = (guessed(&singles), guessed(&means));
    println!("right: {single:.1} % of single calls, {mean:.1} % of means of {CALLS_A_NUMBER}");
    assert!(
        single <= RIGHT_MAX && mean <= RIGHT_MAX,
        "{single:.1} % and {mean:.1} %"
    );
}
