//! Why something outside the product does not do what it is asked: in words, and as a condition with a name and a fix
//! where the adapter knows one.

use std::{fmt, ops::Deref};

/// What an adapter says of a call that failed. It is shown and kept: never a secret, never another's raw error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    said: String,
    pub named: Option<Named>,
}

/// A condition that is known by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// To act on, such as `access_denied`.
    pub code: &'static str,
    /// What whoever runs the product can do about it.
    pub fix: &'static str,
    pub passes: Passes,
}

/// Whether the same call may go through later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passes {
    ByItself,
    /// The other side has too much to do.
    Slowly,
    /// Not until somebody has done something.
    WhenFixed,
}

impl Trouble {
    pub fn new(said: impl Into<String>, named: Named) -> Self {
        Self { said: said.into(), named: Some(named) }
    }

    /// What goes by itself.
    pub fn passing(said: impl Into<String>) -> Self {
        Self::new(said, Named { code: "unavailable", fix: "try again", passes: Passes::ByItself })
    }

    /// Whether the same call may go through later, with nothing done about it.
    pub fn passes(&self) -> bool {
        self.named.is_none_or(|named| named.passes != Passes::WhenFixed)
    }

    /// The same, told by whoever asked.
    #[must_use]
    pub fn told(self, said: impl Into<String>) -> Self {
        Self { said: said.into(), ..self }
    }
}

impl From<String> for Trouble {
    fn from(said: String) -> Self {
        Self { said, named: None }
    }
}

impl From<&str> for Trouble {
    fn from(said: &str) -> Self {
        said.to_owned().into()
    }
}

impl Deref for Trouble {
    type Target = str;

    fn deref(&self) -> &str {
        &self.said
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl std::error::Error for Trouble {}
