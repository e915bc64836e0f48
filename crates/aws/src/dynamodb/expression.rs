//! Conditions and writes, put into DynamoDB's expressions.
//!
//! Every name and value goes in by a placeholder: nothing that a caller gives is read as an expression. DynamoDB's `<>` holds
//! between different types and of what is missing; the port's does not, so the types are asked for beside it.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use kernel::ports::table::{Condition, Is, NewItem, Operand, TableError, Write, validate};
use serde_json::Value;

use super::item::{
    self, Attributes, BODY, Compared, EXPIRES, FIELDS, FRACTIONS, INDEX_NAMES, PK, SUMS, Stored, VERSION, number, text,
};

/// One write, ready to be sent.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) key: Attributes,
    pub(super) kind: Kind,
    /// `None` if there is no condition.
    pub(super) condition: Option<String>,
    /// `None` where there would be none: DynamoDB refuses empty ones.
    pub(super) names: Option<HashMap<String, String>>,
    pub(super) values: Option<Attributes>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// With its update expression.
    Update(String),
    Delete,
    Check,
}

pub(super) fn draft(write: &Write, compared: Compared) -> Result<Draft, TableError> {
    if let Some(names) = compared {
        validate::compared(write, names)?;
    }
    let mut terms = Terms::default();
    let mut condition = terms.holds(write.when());
    if let Write::Add { field, by, .. } = write {
        condition = and([condition, terms.addable(field, *by)]);
    }
    if condition == Holds::Never {
        // DynamoDB refuses placeholders that no expression uses.
        terms = Terms::default();
    }
    let kind = match write {
        // Nothing will be written: a check refuses as well.
        Write::Put { .. } | Write::Add { .. } | Write::Delete { .. } if condition == Holds::Never => Kind::Check,
        Write::Put { item, .. } => Kind::Update(terms.put(item, compared)?),
        Write::Add { field, by, .. } => Kind::Update(terms.add(field, *by)),
        Write::Delete { .. } => Kind::Delete,
        Write::Check { .. } => Kind::Check,
    };
    let condition = match (condition, &kind) {
        (Holds::Always, Kind::Update(_) | Kind::Delete) => None,
        // A check has a condition, even if it holds of any record, and of none.
        (Holds::Always, Kind::Check) => Some(terms.either()),
        (Holds::Never, _) => Some(terms.neither()),
        (Holds::If(expression), _) => Some(expression),
    };
    let Terms { names, values } = terms;
    Ok(Draft {
        key: item::primary(write.key()),
        kind,
        condition,
        names: (!names.is_empty()).then_some(names),
        values: (!values.is_empty()).then_some(values),
    })
}

/// What a condition comes to.
#[derive(Debug, PartialEq, Eq)]
enum Holds {
    Always,
    Never,
    If(String),
}

fn and(all: impl IntoIterator<Item = Holds>) -> Holds {
    let mut terms = Vec::new();
    for one in all {
        match one {
            Holds::Always => {}
            Holds::Never => return Holds::Never,
            Holds::If(expression) => terms.push(expression),
        }
    }
    if terms.is_empty() { Holds::Always } else { Holds::If(terms.join(" AND ")) }
}

/// The placeholders of one write.
#[derive(Debug, Default)]
struct Terms {
    names: HashMap<String, String>,
    values: Attributes,
}

impl Terms {
    /// Sets all that a record has, and takes away what it no longer has.
    fn put(&mut self, new: &NewItem, compared: Compared) -> Result<String, TableError> {
        let NewItem { key: _, index, expires, body } = new;
        let Stored { text: body, fields, fractions } = item::store(body, compared)?;
        let version = self.name(VERSION);
        let (zero, one) = (self.value(number(0)), self.value(number(1)));
        let mut set = vec![format!("{version} = if_not_exists({version}, {zero}) + {one}")];
        let mut gone = vec![self.name(SUMS)];
        set.push(self.assign(BODY, text(body)));
        set.push(self.assign(FIELDS, AttributeValue::M(fields)));
        for (slot, (names, key)) in INDEX_NAMES.iter().zip(index).enumerate() {
            match key {
                Some(key) => {
                    set.push(self.assign(names.pk, text(item::index_pk(slot, key))));
                    set.push(self.assign(names.sk, text(&key.sk)));
                }
                None => gone.extend([self.name(names.pk), self.name(names.sk)]),
            }
        }
        match expires {
            Some(second) => set.push(self.assign(EXPIRES, number(second))),
            None => gone.push(self.name(EXPIRES)),
        }
        if fractions.is_empty() {
            gone.push(self.name(FRACTIONS));
        } else {
            set.push(self.assign(FRACTIONS, AttributeValue::Ss(fractions)));
        }
        Ok(format!("SET {} REMOVE {}", set.join(", "), gone.join(", ")))
    }

    fn assign(&mut self, name: &str, value: AttributeValue) -> String {
        format!("{} = {}", self.name(name), self.value(value))
    }

    /// Adds in `fields`, and notes that the body no longer says what the field is.
    fn add(&mut self, field: &str, by: i64) -> String {
        let (version, sums, field_path) = (self.name(VERSION), self.name(SUMS), self.field(field));
        let (one, by) = (self.value(number(1)), self.value(number(by)));
        let noted = self.value(AttributeValue::Ss(vec![field.to_owned()]));
        format!("SET {version} = {version} + {one}, {field_path} = {field_path} + {by} ADD {sums} {noted}")
    }

    /// Whether the field is an integer, and the sum will be one of 64 bits.
    fn addable(&mut self, field: &str, by: i64) -> Holds {
        if field.is_empty() {
            return Holds::Never;
        }
        let (path, fractions, name) = (self.field(field), self.name(FRACTIONS), self.value(text(field)));
        let (least, most) = if by < 0 { (i64::MIN - by, i64::MAX) } else { (i64::MIN, i64::MAX - by) };
        let (least, most) = (self.value(number(least)), self.value(number(most)));
        let is_number = self.typed(&path, "N");
        Holds::If(format!("{is_number} AND NOT contains({fractions}, {name}) AND {path} BETWEEN {least} AND {most}"))
    }

    fn holds(&mut self, condition: &Condition) -> Holds {
        match condition {
            Condition::Always => Holds::Always,
            Condition::Absent => Holds::If(format!("attribute_not_exists({})", self.name(PK))),
            Condition::Present => Holds::If(format!("attribute_exists({})", self.name(PK))),
            Condition::Version(version) => {
                Holds::If(format!("{} = {}", self.name(VERSION), self.value(number(version))))
            }
            Condition::All(all) => and(all.iter().map(|one| self.holds(one)).collect::<Vec<_>>()),
            Condition::Field { name: "", .. } | Condition::Field { than: Operand::Field(""), .. } => Holds::Never,
            Condition::Field { name, is, than: Operand::Value(value) } => self.field_and_value(name, *is, value),
            Condition::Field { name, is, than: Operand::Field(other) } => self.two_fields(name, *is, other),
        }
    }

    fn field_and_value(&mut self, name: &str, is: Is, value: &Value) -> Holds {
        let Some(right) = item::comparable(value) else { return Holds::Never };
        let (kind, ordered) = match right {
            AttributeValue::N(_) => ("N", true),
            AttributeValue::S(_) => ("S", true),
            AttributeValue::Bool(_) => ("BOOL", false),
            // Null is but one value, and has no order.
            _ => return if is == Is::Equal { Holds::If(self.typed_field(name, "NULL")) } else { Holds::Never },
        };
        match is {
            Is::Equal | Is::NotEqual => {}
            Is::Less | Is::LessOrEqual | Is::Greater | Is::GreaterOrEqual if ordered => {}
            Is::Less | Is::LessOrEqual | Is::Greater | Is::GreaterOrEqual => return Holds::Never,
        }
        let typed = self.typed_field(name, kind);
        let (left, right) = (self.field(name), self.value(right));
        Holds::If(format!("{typed} AND {left} {} {right}", sign(is)))
    }

    fn two_fields(&mut self, name: &str, is: Is, other: &str) -> Holds {
        let (left, right) = (self.field(name), self.field(other));
        let kinds: &[&str] = match is {
            Is::Equal => &["N", "S", "BOOL", "NULL"],
            Is::NotEqual => &["N", "S", "BOOL"],
            Is::Less | Is::LessOrEqual | Is::Greater | Is::GreaterOrEqual => &["N", "S"],
        };
        let alike: Vec<String> = kinds
            .iter()
            .map(|kind| format!("({} AND {})", self.typed(&left, kind), self.typed(&right, kind)))
            .collect();
        Holds::If(format!("({}) AND {left} {} {right}", alike.join(" OR "), sign(is)))
    }

    fn typed_field(&mut self, name: &str, kind: &str) -> String {
        let path = self.field(name);
        self.typed(&path, kind)
    }

    fn typed(&mut self, path: &str, kind: &str) -> String {
        format!("attribute_type({path}, {})", self.value(text(kind)))
    }

    fn either(&mut self) -> String {
        let pk = self.name(PK);
        format!("attribute_exists({pk}) OR attribute_not_exists({pk})")
    }

    fn neither(&mut self) -> String {
        let pk = self.name(PK);
        format!("attribute_exists({pk}) AND attribute_not_exists({pk})")
    }

    fn field(&mut self, name: &str) -> String {
        format!("{}.{}", self.name(FIELDS), self.name(name))
    }

    /// The placeholder of a name.
    fn name(&mut self, name: &str) -> String {
        if let Some((placeholder, _)) = self.names.iter().find(|(_, known)| *known == name) {
            return placeholder.clone();
        }
        let placeholder = format!("#n{}", self.names.len());
        self.names.insert(placeholder.clone(), name.to_owned());
        placeholder
    }

    /// The placeholder of a value.
    fn value(&mut self, value: AttributeValue) -> String {
        if let Some((placeholder, _)) = self.values.iter().find(|(_, known)| **known == value) {
            return placeholder.clone();
        }
        let placeholder = format!(":v{}", self.values.len());
        self.values.insert(placeholder.clone(), value);
        placeholder
    }
}

const fn sign(is: Is) -> &'static str {
    match is {
        Is::Equal => "=",
        Is::NotEqual => "<>",
        Is::Less => "<",
        Is::LessOrEqual => "<=",
        Is::Greater => ">",
        Is::GreaterOrEqual => ">=",
    }
}

#[cfg(test)]
mod tests {
    use kernel::ports::table::{COMPARED_FIELDS, Key};

    use super::*;

    fn check(when: Condition) -> Draft {
        draft(&Write::Check { key: Key::new("p", "s"), when }, None).unwrap()
    }

    #[test]
    fn conditions_are_on_fields_that_are_kept_beside_the_body() {
        let draft = |when| draft(&Write::Check { key: Key::new("p", "s"), when }, Some(&COMPARED_FIELDS));
        assert!(draft(Condition::fields("used", Is::Less, "seats")).is_ok());
        for when in [
            Condition::field("name", Is::Equal, "Ada"),
            Condition::All(vec![Condition::Present, Condition::fields("used", Is::Less, "total")]),
        ] {
            assert!(matches!(draft(when.clone()), Err(TableError::Invalid(_))), "{when:?}");
        }
    }

    fn never(draft: &Draft) -> bool {
        draft.condition.as_deref() == Some("attribute_exists(#n0) AND attribute_not_exists(#n0)")
    }

    #[test]
    fn nothing_that_is_given_is_part_of_an_expression() {
        let draft = check(Condition::field("size(x) OR a", Is::Equal, ":v0 OR 1 = 1"));
        let condition = draft.condition.unwrap();
        assert_eq!(condition, "attribute_type(#n0.#n1, :v0) AND #n0.#n1 = :v1");
        assert_eq!(draft.names.unwrap()["#n1"], "size(x) OR a");
    }

    #[test]
    fn what_can_not_hold_never_does() {
        for when in [
            Condition::field("yes", Is::Less, true),
            Condition::field("nil", Is::NotEqual, Value::Null),
            Condition::field("list", Is::Equal, Value::Array(vec![])),
            Condition::field("far", Is::Less, 1e300),
            Condition::field("", Is::Equal, 1),
            Condition::All(vec![Condition::Present, Condition::fields("a", Is::Equal, "")]),
        ] {
            assert!(never(&check(when.clone())), "{when:?}");
        }
    }

    #[test]
    fn no_condition_is_sent_where_there_is_none() {
        let draft = draft(&Write::Delete { key: Key::new("p", "s"), when: Condition::All(vec![]) }, None).unwrap();
        assert_eq!((draft.kind, draft.condition), (Kind::Delete, None));
        assert!(draft.names.is_none() && draft.values.is_none());
    }
}
