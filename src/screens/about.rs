//! How well these pages can be used by everybody, and whom to tell where they cannot.

use super::layout::Page;
use crate::api::extract::Params;
use crate::api::problem::Problem;
use maud::{Markup, html};

pub(super) async fn page(params: Params) -> Result<Markup, Problem> {
    params.only(&[])?;
    Ok(Page::new("Accessibility").draw(&html! {
        h1 { "Accessibility" }
        p { "These pages are meant for everybody. You should be able to:" }
        ul {
            li { "use them with a keyboard alone" }
            li { "make the text four times as large, or use a small phone, without reading sideways" }
            li { "listen to them with a screen reader" }
            li { "use them without scripts" }
            li { "print them" }
        }
        h2 { "How well they do" }
        p { "They meet the Web Content Accessibility Guidelines 2.2 at level AA in part. A program looks at every page before each new version. People with disabilities have not tried them yet." }
        p { "Wide tables of figures scroll sideways on a phone. Dates are chosen with what your browser has for that." }
        h2 { "If something does not work for you" }
        p { "Tell the service that runs these pages. It has to answer you, and to give you what you need in another form." }
        p { "If you are not content with the answer, the Equality Advisory and Support Service helps you to complain. The Equality and Human Rights Commission sees to it that the rules are kept." }
    }))
}
