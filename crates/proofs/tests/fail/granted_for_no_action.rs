//! A permission for something that is no action.

use plane::guard::Granted;

enum Anything {}

fn whoever(who: &Granted<Anything>) -> &'static str {
    who.action()
}

fn main() {
    let _ = whoever;
}
