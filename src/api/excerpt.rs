//! What stands behind a figure, a hundred at once.

use super::extract::Params;
use super::problem::Problem;

/// Requests in one answer.
const REQUESTS_MAX: usize = 100;

/// How many are passed over before the first one of an answer.
pub(crate) const SKIP: &str = "skip";

/// Keeps what is asked for; how many come after it.
///
/// # Errors
/// When `skip` is no number.
pub(crate) fn keep<T>(all: &mut Vec<T>, params: &Params) -> Result<usize, Problem> {
    let skip = skipped(params)?.min(all.len());
    all.drain(..skip);
    let left_out = all.len().saturating_sub(REQUESTS_MAX);
    all.truncate(REQUESTS_MAX);
    Ok(left_out)
}

pub(crate) fn skipped(params: &Params) -> Result<usize, Problem> {
    let skip = params.find(SKIP, "a number of requests from 0 on", str::parse)?;
    Ok(skip.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(count: usize, skip: Option<&str>) -> (Vec<usize>, usize) {
        let mut all: Vec<usize> = (0..count).collect();
        let left_out = keep(&mut all, &Params::of([(SKIP, skip)])).unwrap();
        (all, left_out)
    }

    #[test]
    fn page_after_page_comes_to_the_end_and_no_further() {
        assert_eq!(kept(3, None), (vec![0, 1, 2], 0));
        assert_eq!(kept(250, None), ((0..100).collect(), 150));
        assert_eq!(kept(250, Some("100")), ((100..200).collect(), 50));
        assert_eq!(kept(250, Some("200")), ((200..250).collect(), 0));
        assert_eq!(kept(250, Some("251")), (vec![], 0));
    }

    #[test]
    fn what_is_no_number_is_told() {
        for wrong in ["-1", "all", "", "1.5"] {
            let params = Params::of([(SKIP, Some(wrong))]);
            assert!(keep(&mut vec![1], &params).is_err(), "{wrong}");
        }
    }
}
