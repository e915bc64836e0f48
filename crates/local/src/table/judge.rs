//! Whether a condition holds of a record as it was found.

use std::cmp::Ordering;

use plane::ports::table::{Condition, Is, Item, Operand};
use serde_json::{Map, Number, Value};

/// A record as it was found, its body parsed only if something asks for a field.
pub(super) struct Found<'item> {
    item: Option<&'item Item>,
    body: std::cell::OnceCell<Map<String, Value>>,
}

impl<'item> Found<'item> {
    pub(super) fn new(item: Option<&'item Item>) -> Self {
        Self { item, body: std::cell::OnceCell::new() }
    }

    pub(super) fn item(&self) -> Option<&'item Item> {
        self.item
    }

    pub(super) fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Always => true,
            Condition::Absent => self.item.is_none(),
            Condition::Present => self.item.is_some(),
            Condition::Version(version) => self.item.is_some_and(|item| item.version == *version),
            Condition::Field { name, is, than } => {
                let other = match than {
                    Operand::Value(value) => Some(value),
                    Operand::Field(other) => self.field(other),
                };
                self.field(name).zip(other).is_some_and(|(left, right)| compare(left, *is, right))
            }
            Condition::All(all) => all.iter().all(|condition| self.holds(condition)),
        }
    }

    /// The body with `by` added to an integer field; `None` if the record or an integer is not there, or if the sum
    /// has no room.
    pub(super) fn added(&self, field: &str, by: i64) -> Option<Map<String, Value>> {
        let sum = self.field(field)?.as_i64()?.checked_add(by)?;
        let mut body = self.body()?.clone();
        body.insert(field.to_owned(), sum.into());
        Some(body)
    }

    fn field(&self, name: &str) -> Option<&Value> {
        self.body()?.get(name)
    }

    fn body(&self) -> Option<&Map<String, Value>> {
        let item = self.item?;
        Some(self.body.get_or_init(|| serde_json::from_slice(&item.body).unwrap_or_default()))
    }
}

fn compare(left: &Value, is: Is, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => number_order(left, right).is_some_and(|found| fits(found, is)),
        (Value::String(left), Value::String(right)) => fits(left.as_bytes().cmp(right.as_bytes()), is),
        (Value::Bool(left), Value::Bool(right)) => same(left == right, is),
        (Value::Null, Value::Null) => same(true, is),
        (
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_),
            _,
        ) => false,
    }
}

fn fits(found: Ordering, is: Is) -> bool {
    match is {
        Is::Equal => found.is_eq(),
        Is::NotEqual => found.is_ne(),
        Is::Less => found.is_lt(),
        Is::LessOrEqual => found.is_le(),
        Is::Greater => found.is_gt(),
        Is::GreaterOrEqual => found.is_ge(),
    }
}

/// Booleans and null know no order.
fn same(equal: bool, is: Is) -> bool {
    match is {
        Is::Equal => equal,
        Is::NotEqual => !equal,
        Is::Less | Is::LessOrEqual | Is::Greater | Is::GreaterOrEqual => false,
    }
}

fn number_order(left: &Number, right: &Number) -> Option<Ordering> {
    match (left.as_i128(), right.as_i128()) {
        (Some(left), Some(right)) => Some(left.cmp(&right)),
        (Some(_) | None, _) => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}
