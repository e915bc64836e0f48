//! Claims on unique names, and the writes by which a record takes one, frees one or changes its own.

use serde::{Deserialize, Serialize};

use super::Refusal;
use crate::{
    kinds::RecordKind,
    names::unique_forms,
    ports::table::{Condition, Key, Table, Write},
    problem::{Problem, Result},
    record::{self, Record, RecordKeys, Stored},
    text::Name,
};

/// A unique name that is taken: written in the same commit as its holder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// Within what the name is unique, such as `ACCOUNT-NAME`.
    pub space: String,
    /// The name in the form in which it is compared.
    pub name: String,
    /// Whose it is: an id.
    pub holder: String,
}

impl Claim {
    pub fn new(space: impl Into<String>, name: &str, holder: impl std::fmt::Display) -> Self {
        Self { space: space.into(), name: crate::text::fold(name), holder: holder.to_string() }
    }

    /// Frees the name; refused where it is somebody else's by now.
    pub fn release(&self) -> Write {
        let is_own = Condition::field("holder", crate::ports::table::Is::Equal, self.holder.as_str());
        Write::Delete { key: self.place().key, when: is_own }
    }
}

/// The claims on the name of a record: under each form in which names are unique, and under the form of earlier versions. For most
/// names these are one. A record of an earlier version has the last alone until the job `name-claims` has added the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameClaim(Vec<Claim>);

impl NameClaim {
    pub fn new(space: &str, name: &Name, holder: impl std::fmt::Display) -> Self {
        let earlier = Claim::new(space, name.as_str(), holder);
        let forms = unique_forms(name.as_str()).into_iter();
        let mut claims: Vec<Claim> = forms.map(|form| Claim { name: form, ..earlier.clone() }).collect();
        if !claims.contains(&earlier) {
            claims.push(earlier);
        }
        Self(claims)
    }

    /// Every claim that a record of this version has.
    pub fn claims(&self) -> &[Claim] {
        &self.0
    }

    /// The claim that decides first whether the name is taken.
    pub fn first(&self) -> &Claim {
        &self.0[0]
    }

    /// The claim of a name that has one form.
    pub(super) fn only(&self) -> Option<&Claim> {
        match self.claims() {
            [only] => Some(only),
            _ => None,
        }
    }
}

/// A name that a record loses, and the one that it gets, with the problem if that is somebody else's.
#[derive(Clone, Debug)]
pub(super) struct NameChange {
    pub before: NameClaim,
    pub after: Option<(NameClaim, Problem)>,
}

impl NameChange {
    /// The writes for the claims that are stored: those of an earlier version lack one, and a name that only looks like another
    /// can be without its claim.
    pub(super) async fn writes(&self, table: &dyn Table) -> Result<Vec<(Write, Option<Problem>)>, Refusal> {
        let mut writes = Vec::new();
        let kept: Vec<&Claim> = self.after.iter().flat_map(|(after, _)| after.claims()).collect();
        if let Some((after, taken)) = &self.after {
            for claim in after.claims() {
                match stored_claim(table, claim).await? {
                    None => writes.push((record::create(claim), Some(taken.clone()))),
                    Some(stored) if stored.holder == claim.holder => {}
                    Some(_) => return Err(taken.clone().into()),
                }
            }
        }
        for claim in self.before.claims().iter().filter(|claim| !kept.contains(claim)) {
            if let Some(stored) = stored_claim(table, claim).await?.filter(|stored| stored.holder == claim.holder) {
                writes.push((record::remove(&stored), None));
            }
        }
        Ok(writes)
    }
}

async fn stored_claim(table: &dyn Table, claim: &Claim) -> Result<Option<Stored<Claim>>> {
    table.get(&claim.place().key).await?.map(|item| record::decode(&item)).transpose()
}

impl Record for Claim {
    const NOUN: &'static str = "claim";
    const DECLARED: RecordKind = RecordKind::of_platform(Self::NOUN, "CLAIM#", "");

    fn place(&self) -> RecordKeys {
        // Folding can lengthen a name past what a key holds; a digest is always of one length.
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, self.name.as_bytes());
        RecordKeys::at(Key::new(format!("CLAIM#{}", self.space), hex::encode(digest)))
    }
}
