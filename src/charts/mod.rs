//! Charts as SVG, drawn once for page, pack and terminal, each with its table.
//!
//! Must not compute figures: it draws what it is given. Invariant: nothing is told by colour alone;
//! lines differ in dashes, points in shape, and what a chart shows stands in its table too.

mod canvas;
pub mod control;
pub mod survival;
pub mod table;

pub use canvas::STYLE;
pub use control::{Line, Mark, Series, Step, Tried};
pub use survival::Curve;
pub use table::Table;

/// For a number in a text or a label: as many digits as a person reads.
#[must_use]
pub fn number(value: f64) -> String {
    let text = if value.abs() >= 100.0 || (value - value.round()).abs() < 1e-9 {
        format!("{value:.0}")
    } else if value.abs() >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    };
    if text == "-0" || text == "-0.00" {
        return text.trim_start_matches('-').to_owned();
    }
    text
}

#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}
