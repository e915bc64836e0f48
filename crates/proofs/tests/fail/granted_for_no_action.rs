//! A permission for something that is no action.

use plane::guard::Granted;

enum Anything {}

fn author(who: &Granted<Anything>) -> &'static str {
    who.action()
}

fn main() {
    let _ = author;
}
