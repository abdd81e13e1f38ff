//! Who may do and read what: everything is tried by everybody, over HTTP, as messages and on pages.
//!
//! What is right stands in `docs/access-rules.csv`. `tests/oracles/access.py` reads that file and what
//! is written here, and says where the engine answers otherwise.

mod act;
mod book;
mod cast;
mod cell;
mod claiming;
mod effect;
mod fixture;
mod messages;
mod pages;
mod plan;
mod reading;
mod rules;
mod sample;
mod stage;
mod standing;
mod trial;

use super::out;
use cast::ACCOUNT;
use cell::SweepCell;
use futures::{StreamExt, stream};
use messages::AccountSenders;
use pages::PageVisitors;
use plan::{FixtureRecipe, private_recipes, recipes};
use stage::SweepStage;
use std::io::Write;
use trial::TrialDoor;

/// Requests that are tried at side by side.
const SIDE_BY_SIDE: usize = 6;

/// Fewer, for a look: whether the label of a request contains these words.
const ONLY: &str = "RFA_TEST_ACCESS_ONLY";

fn chosen(recipes: Vec<FixtureRecipe>) -> Vec<FixtureRecipe> {
    let only = std::env::var(ONLY).unwrap_or_default();
    let is_chosen = |recipe: &FixtureRecipe| recipe.label.contains(&only);
    recipes.into_iter().filter(is_chosen).collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "make test-access runs it"]
async fn every_act_and_every_reading_by_everybody_is_written_down_with_our_answers() {
    let stage = SweepStage::start().await;
    stage.send_another().await;
    let recipes = chosen(recipes(&stage.book));
    let acts = stream::iter(&recipes).map(|recipe| stage.try_acts(recipe, TrialDoor::Api));
    let acts: Vec<Vec<SweepCell>> = acts.buffer_unordered(SIDE_BY_SIDE).collect().await;
    let private = chosen(private_recipes());
    let readings = recipes.iter().filter(|recipe| !recipe.is_rich);
    let readings: Vec<FixtureRecipe> = readings.map(FixtureRecipe::rich).chain(private).collect();
    let readings = stream::iter(&readings).map(|recipe| stage.try_readings(recipe));
    let readings: Vec<Vec<SweepCell>> = readings.buffer_unordered(SIDE_BY_SIDE).collect().await;
    let mut cells: Vec<SweepCell> = acts.into_iter().chain(readings).flatten().collect();
    cells.extend(other_doors(&stage, &recipes).await);
    cells.extend(stage.try_sending(TrialDoor::Api).await);
    let mut file = std::fs::File::create(out("access.jsonl")).unwrap();
    for cell in &cells {
        writeln!(file, "{}", serde_json::to_string(cell).unwrap()).unwrap();
    }
    assert!(!cells.is_empty());
}

/// Pages and messages: fewer requests of each kind, and everybody who has such a door.
async fn other_doors(stage: &SweepStage, recipes: &[FixtureRecipe]) -> Vec<SweepCell> {
    let visitors = PageVisitors::sign_in(&stage.served.process.http, &stage.cast).await;
    let senders = AccountSenders::connect(&stage.served, &[ACCOUNT, "nhs.system"]).await;
    let typical: Vec<FixtureRecipe> = recipes
        .iter()
        .filter(|recipe| recipe.is_typical())
        .cloned()
        .collect();
    let pages =
        stream::iter(&typical).map(|recipe| stage.try_acts(recipe, TrialDoor::Pages(&visitors)));
    let pages: Vec<Vec<SweepCell>> = pages.buffer_unordered(SIDE_BY_SIDE).collect().await;
    let mut cells: Vec<SweepCell> = pages.into_iter().flatten().collect();
    for recipe in &typical {
        cells.extend(stage.try_page_readings(&recipe.rich(), &visitors).await);
        cells.extend(stage.try_acts(recipe, TrialDoor::Messages(&senders)).await);
        let by_account = recipe.sent_by_account();
        cells.extend(
            stage
                .try_acts(&by_account, TrialDoor::Messages(&senders))
                .await,
        );
    }
    cells.extend(stage.try_sending(TrialDoor::Messages(&senders)).await);
    cells
}
