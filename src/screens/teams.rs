//! Whose figures a leader looks at: those of a team of theirs, or of all teams as they are published.

use super::ROOT;
use super::viewer::Viewer;
use super::words::known_on;
use crate::access::{Action, Resource};
use crate::api::problem::Problem;
use crate::domain::ids::TeamId;
use maud::{Markup, html};

/// For the address: all teams, as far as this reader may see them.
const ALL: &str = "all";

/// Teams whose every count this reader may see, where that is not the whole.
pub(super) fn led(viewer: &Viewer) -> Vec<&TeamId> {
    if viewer.may(Action::ReadIdentified, Resource::Whole) {
        return Vec::new();
    }
    let mut teams = viewer.teams();
    teams.retain(|team| viewer.may(Action::ReadIdentified, Resource::Team(team)));
    teams
}

/// The team that was asked for; a leader who asks for none sees the own one.
///
/// # Errors
/// `not-yours` for a team that this reader does not lead.
pub(super) fn chosen_team(viewer: &Viewer, asked: Option<&str>) -> Result<Option<TeamId>, Problem> {
    let led = led(viewer);
    match asked {
        Some(ALL) => Ok(None),
        Some(code) => {
            let found = led.into_iter().find(|team| team.as_str() == code);
            found.cloned().map(Some).ok_or_else(Problem::closed)
        }
        None => Ok(led.first().copied().cloned()),
    }
}

/// The way to the other figures; nothing for those who answer for the whole.
pub(super) fn choice(viewer: &Viewer, chosen: Option<&TeamId>, day: Option<&str>) -> Markup {
    let led = led(viewer);
    let known = known_on('&', day);
    let to = |code: &str| format!("{ROOT}/figures?team={code}{known}");
    html! {
        @if !led.is_empty() {
            nav.buttons aria-label="Whose figures" {
                @for team in &led {
                    @if Some(*team) == chosen { strong { (viewer.team(team.as_str())) } }
                    @else { a href=(to(team.as_str())) { (viewer.team(team.as_str())) } }
                }
                @if chosen.is_none() { strong { "All teams, as published" } }
                @else { a href=(to(ALL)) { "All teams, as published" } }
            }
        }
    }
}
