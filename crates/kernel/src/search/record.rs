//! What search knows of a record: its texts, and how answers name it.

use serde_json::Value;
use uuid::Uuid;

use super::{
    index::{Names, SearchedKind},
    text::{MatchRank, SearchText, folded},
};
use crate::{kinds::NamePart, ports::table::Item};

/// A record, as search reads it.
#[derive(Debug)]
pub(super) struct SearchedRecord {
    pub id: Uuid,
    pub enterprise: Option<Uuid>,
    pub name: String,
    /// The other searched fields that it has, by their paths.
    pub fields: Vec<(&'static str, String)>,
    /// The name and the fields, folded.
    pub texts: Vec<String>,
}

impl SearchedRecord {
    /// Reads a record; `None`: it is not to be found, such as an account that was deleted.
    pub(super) fn read(searched: &SearchedKind, item: &Item, names: &Names) -> Option<Self> {
        let SearchedKind { kind, form } = searched;
        if form.listed_in.is_some() && item.index[0].is_none() {
            return None;
        }
        let id = kind.id_in(&item.key)?.parse().ok()?;
        let body: Value = serde_json::from_slice(&item.body).ok()?;
        let name = name(kind.name_parts(), &body, names);
        let text_at = |path: &'static str| Some((path, at(&body, path)?.as_str()?.to_owned()));
        let fields: Vec<_> = form.fields.iter().copied().filter_map(text_at).collect();
        let texts =
            std::iter::once(&name).chain(fields.iter().map(|(_, text)| text)).map(|text| folded(text)).collect();
        Some(Self { id, enterprise: id_at(&body, "enterpriseId"), name, fields, texts })
    }

    /// How well it matches, and by what: `name`, `id` or the path to a field.
    pub(super) fn matches(&self, wanted: &SearchText) -> Option<(MatchRank, &'static str)> {
        let by_id = wanted.rank_id(self.id).map(|rank| (rank, "id"));
        let paths = std::iter::once("name").chain(self.fields.iter().map(|(path, _)| *path));
        let by_text = self.texts.iter().zip(paths).filter_map(|(text, path)| Some((wanted.rank(text)?, path)));
        let best = by_text.chain(by_id).min_by_key(|(rank, _)| *rank);
        best.or_else(|| Some((wanted.rank(&self.texts.join("\n"))?, "name")))
    }
}

fn name(parts: &[NamePart], body: &Value, names: &Names) -> String {
    let mut name = String::new();
    for part in parts {
        let (between, text) = match part {
            NamePart::Field(field) => (" ", body[*field].as_str()),
            NamePart::NameOf { field, .. } => {
                (" / ", id_at(body, field).and_then(|id| names.by_id.get(&id)).map(String::as_str))
            }
        };
        if let Some(text) = text {
            name += if name.is_empty() { "" } else { between };
            name += text;
        }
    }
    name
}

fn at<'v>(body: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(body, |value, field| value.get(field))
}

fn id_at(body: &Value, path: &str) -> Option<Uuid> {
    at(body, path)?.as_str()?.parse().ok()
}
