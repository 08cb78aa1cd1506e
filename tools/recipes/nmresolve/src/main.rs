//! Resolves nmstate policies the way the nmstate operator does: reads one JSON object a line,
//! `{"policy": {"capture": ..., "desiredState": ...}, "current": {...}}`, and answers each with
//! `{"resolved": {...}}` or `{"error": "..."}`.

use nmstate::{NetworkPolicy, NetworkState};
use serde_json::{json, Value};
use std::io::{BufRead, Write};

/// The whole desired state with its captures filled in. Not `NetworkState::try_from(policy)`, which
/// reduces the result to a difference against the current state.
fn resolve(request: &str) -> Result<Value, Box<dyn std::error::Error>> {
    let mut request: Value = serde_json::from_str(request)?;
    let policy: NetworkPolicy = serde_json::from_value(request["policy"].take())?;
    let current: NetworkState = serde_json::from_value(request["current"].take())?;
    let captured = policy.capture.execute(&current)?;
    let resolved = policy.desired.fill_with_captured_data(&captured)?;
    Ok(serde_json::to_value(resolved)?)
}

fn main() -> std::io::Result<()> {
    let mut answers = std::io::stdout().lock();
    for request in std::io::stdin().lock().lines() {
        let answer = match resolve(&request?) {
            Ok(resolved) => json!({ "resolved": resolved }),
            Err(error) => json!({ "error": error.to_string() }),
        };
        writeln!(answers, "{answer}")?;
        answers.flush()?;
    }
    Ok(())
}
