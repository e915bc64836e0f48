//! The port's rules as pure functions, for adapters that must validate limits and conditions themselves.

use std::collections::HashSet;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::{
    Condition, Is, Item, Key, MAX_COMMIT_BYTES, MAX_FIELD_BYTES, MAX_FIELDS_BYTES, MAX_ITEM_BYTES, MAX_PAGE,
    MAX_PK_BYTES, MAX_SK_BYTES, MAX_WRITES, NewItem, Operand, Query, TableError, Write,
};

/// Refuses a key that breaks the port's limits.
pub fn key(key: &Key) -> Result<(), TableError> {
    if !(1..=MAX_PK_BYTES).contains(&key.pk.len()) {
        return Err(TableError::Invalid(format!("a partition key has 1 to {MAX_PK_BYTES} bytes")));
    }
    if !(1..=MAX_SK_BYTES).contains(&key.sk.len()) {
        return Err(TableError::Invalid(format!("a sort key has 1 to {MAX_SK_BYTES} bytes")));
    }
    Ok(())
}

/// Refuses a query that breaks the port's limits.
pub fn query(query: &Query) -> Result<(), TableError> {
    if !(1..=MAX_PAGE).contains(&query.limit) {
        return Err(TableError::Invalid(format!("a page has 1 to {MAX_PAGE} records")));
    }
    if !(1..=MAX_PK_BYTES).contains(&query.pk.len()) {
        return Err(TableError::Invalid(format!("a partition key has 1 to {MAX_PK_BYTES} bytes")));
    }
    if query.after.as_ref().is_some_and(|after| after.index.is_some() != query.index.slot().is_some()) {
        return Err(TableError::Invalid("the position is not of this index".into()));
    }
    Ok(())
}

/// Refuses a commit that breaks the port's limits.
pub fn writes(writes: &[Write]) -> Result<(), TableError> {
    if writes.is_empty() || writes.len() > MAX_WRITES {
        return Err(TableError::Invalid(format!("a commit has 1 to {MAX_WRITES} writes")));
    }
    let mut seen = HashSet::with_capacity(writes.len());
    let mut total = 0;
    for write in writes {
        key(write.key())?;
        if !seen.insert(write.key()) {
            return Err(TableError::Invalid("two writes of a commit touch the same key".into()));
        }
        if let Write::Put { item, .. } = write {
            let bytes = size(item)?;
            if bytes > MAX_ITEM_BYTES {
                return Err(TableError::Invalid(format!("a record has at most {MAX_ITEM_BYTES} bytes")));
            }
            // A body that is no larger has no more in its fields, so that hardly any is read for this.
            if item.body.len() > MAX_FIELDS_BYTES && fields_size(&item.body) > MAX_FIELDS_BYTES {
                return Err(TableError::Invalid(format!(
                    "the fields of a record that conditions may be on have at most {MAX_FIELDS_BYTES} bytes"
                )));
            }
            total += bytes;
        }
    }
    if total > MAX_COMMIT_BYTES {
        return Err(TableError::Invalid(format!("a commit has at most {MAX_COMMIT_BYTES} bytes")));
    }
    Ok(())
}

fn size(item: &NewItem) -> Result<usize, TableError> {
    let mut bytes = item.key.pk.len() + item.key.sk.len() + item.body.len();
    for index in item.index.iter().flatten() {
        key(index)?;
        bytes += index.pk.len() + index.sk.len();
    }
    Ok(bytes)
}

fn fields_size(body: &[u8]) -> usize {
    let fields: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    fields.iter().filter(|(_, value)| comparable(value)).map(|(name, value)| name.len() + value.to_string().len()).sum()
}

/// Refuses conditions and sums on fields of other names than these: a store that keeps these alone beside the bodies would
/// find that they hold of no record.
pub fn compared(write: &Write, names: &[&str]) -> Result<(), TableError> {
    let mut fields = Vec::new();
    fields_in(write.when(), &mut fields);
    if let Write::Add { field, .. } = write {
        fields.push(*field);
    }
    match fields.into_iter().find(|field| !names.contains(field)) {
        Some(field) => Err(TableError::Invalid(format!("the field {field} is not one that conditions may be on"))),
        None => Ok(()),
    }
}

fn fields_in(condition: &Condition, fields: &mut Vec<&'static str>) {
    match condition {
        Condition::Always | Condition::Absent | Condition::Present | Condition::Version(_) => {}
        Condition::Field { name, is: _, than } => {
            fields.push(name);
            match than {
                Operand::Value(_) => {}
                Operand::Field(other) => fields.push(other),
            }
        }
        Condition::All(all) => all.iter().for_each(|one| fields_in(one, fields)),
    }
}

/// Whether a condition may be on a field of this value.
pub fn comparable(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
        Value::String(text) => text.len() <= MAX_FIELD_BYTES,
        Value::Array(_) | Value::Object(_) => false,
    }
}

/// Whether a condition holds of a record.
pub fn holds(condition: &Condition, current: Option<&Item>) -> bool {
    match condition {
        Condition::Always => true,
        Condition::Absent => current.is_none(),
        Condition::Present => current.is_some(),
        Condition::Version(version) => current.is_some_and(|item| item.version == *version),
        Condition::All(all) => all.iter().all(|one| holds(one, current)),
        Condition::Field { name, is, than } => current.and_then(fields).is_some_and(|fields| {
            let right = match than {
                Operand::Value(value) => Some(value),
                Operand::Field(other) => fields.get(*other),
            };
            match (fields.get(*name), right) {
                (Some(left), Some(right)) => comparable(left) && comparable(right) && compares(left, *is, right),
                _ => false,
            }
        }),
    }
}

/// The body with `by` added to an integer field; `None` if the record or an integer field is not there, or the sum
/// leaves the range of 64 bits.
pub fn add(current: Option<&Item>, field: &str, by: i64) -> Option<Bytes> {
    let mut fields = fields(current?)?;
    let sum = fields.get(field)?.as_i64()?.checked_add(by)?;
    fields.insert(field.to_owned(), sum.into());
    serde_json::to_vec(&fields).ok().map(Bytes::from)
}

fn fields(item: &Item) -> Option<Map<String, Value>> {
    serde_json::from_slice(&item.body).ok()
}

fn compares(left: &Value, is: Is, right: &Value) -> bool {
    let order = match (left, right) {
        (Value::Number(left), Value::Number(right)) => match (left.as_i64(), right.as_i64()) {
            (Some(left), Some(right)) => Some(left.cmp(&right)),
            _ => left.as_f64().zip(right.as_f64()).and_then(|(left, right)| left.partial_cmp(&right)),
        },
        (Value::String(left), Value::String(right)) => Some(left.as_bytes().cmp(right.as_bytes())),
        (Value::Bool(_), Value::Bool(_)) | (Value::Null, Value::Null) => {
            return match is {
                Is::Equal => left == right,
                Is::NotEqual => left != right,
                Is::Less | Is::LessOrEqual | Is::Greater | Is::GreaterOrEqual => false,
            };
        }
        _ => None,
    };
    order.is_some_and(|order| match is {
        Is::Equal => order.is_eq(),
        Is::NotEqual => order.is_ne(),
        Is::Less => order.is_lt(),
        Is::LessOrEqual => order.is_le(),
        Is::Greater => order.is_gt(),
        Is::GreaterOrEqual => order.is_ge(),
    })
}
