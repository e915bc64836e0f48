//! What steps hand to later steps: values with a type, which the journal holds as JSON.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::step_error::StepError;

/// What a step gives. Small, and no secret.
pub trait StepOutput: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The state that gives it, by which a later step finds it; `None`: no step reads it.
    const STATE: Option<&'static str>;
}

/// Nothing.
impl StepOutput for () {
    const STATE: Option<&'static str> = None;
}

/// The output of the state that gives an `Output`; `None` if that step has given none.
pub(super) fn output<Output: StepOutput>(variables: &Value) -> Result<Option<Output>, StepError> {
    variables.get(state::<Output>()).filter(|value| !value.is_null()).map(read).transpose()
}

/// The same for a map: an output for each item, in their order, and `None` for an item that has given none. The list ends
/// at the last item that has.
pub(super) fn outputs<Output: StepOutput>(variables: &Value) -> Result<Vec<Option<Output>>, StepError> {
    let Some(items) = variables.get(state::<Output>()).and_then(Value::as_array) else { return Ok(Vec::new()) };
    items.iter().map(|value| Some(value).filter(|value| !value.is_null()).map(read).transpose()).collect()
}

const fn state<Output: StepOutput>() -> &'static str {
    const { Output::STATE.expect("an output that is read names the state that gives it") }
}

fn read<Output: StepOutput>(value: &Value) -> Result<Output, StepError> {
    Output::deserialize(value).map_err(|error| {
        StepError::permanent("output_unreadable", format!("the output of {}: {error}", state::<Output>()))
    })
}
