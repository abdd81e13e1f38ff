//! Vertical lines side by side: each in the first track in which it touches no other.

/// Between the ends of two lines in one track, in pixels.
const APART: f64 = 14.0;

/// The track of each span, from 0; short spans come first and so lie nearest to their boxes.
pub(super) fn tracks(spans: &[(f64, f64)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..spans.len()).collect();
    order.sort_by(|a, b| {
        let length = |i: &usize| spans[*i].1 - spans[*i].0;
        length(a).total_cmp(&length(b)).then(a.cmp(b))
    });
    let mut tracks: Vec<Vec<(f64, f64)>> = Vec::new();
    let mut found = vec![0; spans.len()];
    for index in order {
        let (top, bottom) = spans[index];
        let free = |track: &Vec<(f64, f64)>| {
            let clear = |(a, b): &(f64, f64)| bottom + APART <= *a || top >= *b + APART;
            track.iter().all(clear)
        };
        let track = tracks.iter().position(free).unwrap_or(tracks.len());
        if track == tracks.len() {
            tracks.push(Vec::new());
        }
        tracks[track].push((top, bottom));
        found[index] = track;
    }
    found
}
