//! An office that closed ten minutes ago, as one does at ten past four on a Friday.

use crate::support::WorkflowFiles;
use crate::support::engine::now;
use jiff::civil::Time;
use jiff::{ToSpan as _, Zoned};

/// The social work office of these files had its last ten minutes ago, whatever day and hour it is.
pub(super) fn closed_ten_minutes_ago(files: &WorkflowFiles) {
    let local = now().in_tz("Europe/London").unwrap();
    let closing = closing(&local);
    let calendar = format!(
        "format: 1\ncalendar: just-closed\ntitle: Closed ten minutes ago (invented)\n\
         zone: Europe/London\nwindows:\n  {}: [{{ open: \"00:00\", close: \"{}\" }}]\n",
        closing.strftime("%A").to_string().to_lowercase(),
        closing.strftime("%H:%M"),
    );
    let file = files.folder().join("calendars/just-closed.yaml");
    std::fs::write(file, calendar).unwrap();
    for when in ["open", "closed"] {
        files.change(
            "organisation/south-ayrshire.yaml",
            &format!("when: {when}, hours: south-ayrshire-council"),
            &format!("when: {when}, hours: just-closed"),
        );
    }
}

/// Around midnight it closed a little earlier: no office opens for no time at all.
fn closing(local: &Zoned) -> Zoned {
    let at = local.checked_sub(10.minutes()).unwrap();
    if at.time() < Time::constant(0, 1, 0, 0) {
        at.checked_sub(2.minutes()).unwrap()
    } else {
        at
    }
}

#[test]
fn an_office_that_closes_around_midnight_was_open_on_that_day() {
    let at = |text: &str| text.parse::<Zoned>().unwrap();
    let told = |text: &str| closing(&at(text)).strftime("%A %H:%M").to_string();
    assert_eq!(told("2026-11-27T16:10[Europe/London]"), "Friday 16:00");
    assert_eq!(told("2026-11-28T00:05[Europe/London]"), "Friday 23:55");
    assert_eq!(told("2026-11-28T00:10[Europe/London]"), "Friday 23:58");
    assert_eq!(told("2026-11-28T00:11[Europe/London]"), "Saturday 00:01");
}
