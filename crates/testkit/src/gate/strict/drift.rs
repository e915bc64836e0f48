//! Stacks whose parameters drift: `CloudFormation` compares what a stack made with what is there now.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use serde_json::Value;

use crate::gate::{call::Call, wire::Answer};

/// What the gate knows of stacks that were made through it.
#[derive(Default)]
pub(in crate::gate) struct Stacks(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// The parameters of each stack: its resource, by the parameter's name.
    parameters: BTreeMap<String, BTreeMap<String, String>>,
    /// Parameters that were written or deleted by others than CloudFormation.
    written: BTreeSet<String>,
    /// Detections that were asked for, each with the number of resources that have drifted.
    detections: Vec<(String, usize)>,
    /// Stacks that were rolled back, each with the account of its tag.
    rolled_back: BTreeMap<String, String>,
}

impl Stacks {
    /// Learns of a call that went through.
    pub(super) fn learn(&self, call: &Call) {
        let mut known = self.0.lock().expect("no holder panics");
        match (call.service.as_str(), call.operation.as_str()) {
            ("cloudformation", "CreateStack") => {
                let (Some(stack), Some(template)) = (call.field("StackName"), call.field("TemplateBody")) else {
                    return;
                };
                known.parameters.insert(stack, parameters(call, &template));
            }
            ("cloudformation", "DeleteStack") => {
                let stack = call.field("StackName").unwrap_or_default();
                known.parameters.remove(&stack);
            }
            ("ssm", "PutParameter" | "DeleteParameter") => {
                let body = serde_json::from_str::<Value>(&call.body).unwrap_or_default();
                known.written.insert(body["Name"].as_str().unwrap_or_default().to_owned());
            }
            _ => {}
        }
    }

    /// A stack that makes a table finds one of its name, and is rolled back. It is there until it is deleted.
    pub(in crate::gate) fn roll_back(&self, call: &Call) -> Answer {
        let (stack, account) = (call.field("StackName"), call.stack_parameter("AccountId"));
        let (stack, account) = (stack.unwrap_or_default(), account.unwrap_or_default());
        self.0.lock().expect("no holder panics").rolled_back.insert(stack.clone(), account);
        xml("CreateStack", &format!("<StackId>{stack}</StackId>"))
    }

    /// What CloudFormation tells of a stack that was rolled back.
    pub(super) fn rolled_back(&self, call: &Call) -> Option<Answer> {
        let mut known = self.0.lock().expect("no holder panics");
        let stack = call.field("StackName")?;
        let account = known.rolled_back.get(&stack)?.clone();
        match call.operation.as_str() {
            "DescribeStacks" => Some(xml(
                "DescribeStacks",
                &format!(
                    "<Stacks><member><StackName>{stack}</StackName><StackId>{stack}</StackId>\
                     <CreationTime>2026-01-01T00:00:00Z</CreationTime><StackStatus>ROLLBACK_COMPLETE</StackStatus>\
                     <Tags><member><Key>freehold:account-id</Key><Value>{account}</Value></member></Tags></member></Stacks>"
                ),
            )),
            "DescribeStackEvents" => Some(xml(
                "DescribeStackEvents",
                &format!(
                    "<StackEvents><member><StackId>{stack}</StackId><EventId>1</EventId><StackName>{stack}</StackName>\
                     <Timestamp>2026-01-01T00:00:00Z</Timestamp><LogicalResourceId>Table</LogicalResourceId>\
                     <ResourceStatus>CREATE_FAILED</ResourceStatus>\
                     <ResourceStatusReason>the table already exists</ResourceStatusReason></member></StackEvents>"
                ),
            )),
            "DeleteStack" => {
                known.rolled_back.remove(&stack);
                Some(xml("DeleteStack", ""))
            }
            _ => None,
        }
    }

    /// Answers what the emulator does not know: whether a stack has drifted.
    pub(super) fn answer(&self, call: &Call) -> Option<Answer> {
        let mut known = self.0.lock().expect("no holder panics");
        match call.operation.as_str() {
            "DetectStackDrift" => {
                let stack = call.field("StackName")?;
                let only = call.field("LogicalResourceIds.member.1");
                let made = known.parameters.get(&stack)?;
                let counts = |resource: &String| only.as_ref().is_none_or(|only| only == resource);
                let drifted =
                    made.iter().filter(|(name, resource)| known.written.contains(*name) && counts(resource)).count();
                known.detections.push((stack, drifted));
                let id = known.detections.len();
                Some(xml("DetectStackDrift", &format!("<StackDriftDetectionId>{id}</StackDriftDetectionId>")))
            }
            "DescribeStackDriftDetectionStatus" => {
                let id = call.field("StackDriftDetectionId")?;
                let (stack, drifted) = known.detections.get(id.parse::<usize>().ok()?.checked_sub(1)?)?;
                let status = if *drifted > 0 { "DRIFTED" } else { "IN_SYNC" };
                Some(xml(
                    "DescribeStackDriftDetectionStatus",
                    &format!(
                        "<StackId>{stack}</StackId><StackDriftDetectionId>{id}</StackDriftDetectionId>\
                         <StackDriftStatus>{status}</StackDriftStatus><DetectionStatus>DETECTION_COMPLETE</DetectionStatus>\
                         <DriftedStackResourceCount>{drifted}</DriftedStackResourceCount>\
                         <Timestamp>2026-01-01T00:00:00Z</Timestamp>"
                    ),
                ))
            }
            _ => None,
        }
    }
}

/// The parameters that a template makes, each with its resource's name. Read by its indentation: a resource is two spaces in.
fn parameters(call: &Call, template: &str) -> BTreeMap<String, String> {
    let (mut all, mut resource, mut is_parameter) = (BTreeMap::new(), String::new(), false);
    for line in template.lines() {
        let text = line.trim();
        if line.starts_with("  ") && !line.starts_with("   ") && text.ends_with(':') {
            (resource, is_parameter) = (text.trim_end_matches(':').to_owned(), false);
        } else if text == "Type: AWS::SSM::Parameter" {
            is_parameter = true;
        } else if let (true, Some(name)) = (is_parameter, text.strip_prefix("Name:")) {
            let name = name.trim().trim_start_matches("!Sub").trim().trim_matches(['"', '\'']);
            let account = call.stack_parameter("AccountId").unwrap_or_default();
            all.insert(name.replace("${AccountId}", &account), resource.clone());
        }
    }
    all
}

fn xml(operation: &str, result: &str) -> Answer {
    let body = format!("<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>");
    Answer::new(200, &[("content-type", "text/xml")], body)
}
