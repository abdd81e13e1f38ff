//! One delivery by the Standard Webhooks specification: where it may go, how it is signed, how it is
//! sent. Redirects are not followed, and what answers is not read beyond its status.

mod address;
mod post;
mod sign;

pub use address::{AddressError, Networks, NoNetworks, Target};
pub use post::{Answered, Post, PostError, Sender};
pub use sign::{Secret, signature};
