//! Workflows: a toy plan of the documents' shape through the whole suite, and what the suite does not ask.

mod callbacks;
mod driver;
mod operate;
mod outside;
mod parallel;
mod pure;
mod toy;
mod waiting;
mod waiting_outside;

use testkit::workflow::suite;
use toy::Toy;

/// The suite of `testkit`, a test for each part, for each cloud type.
macro_rules! suite {
    ($($name:ident)*) => {$(
        mod $name {
            #[tokio::test(start_paused = true)]
            async fn public() {
                super::suite::$name(&super::Toy::public()).await;
            }

            #[tokio::test(start_paused = true)]
            async fn private() {
                super::suite::$name(&super::Toy::private()).await;
            }
        }
    )*};
}

suite! {
    fails_each_step
    fails_each_pair
    cuts_after_each_commit
    crashes_around_each_effect
    repeats_each_step
    undoes_after_each_failure
    races_two_drivers
}
