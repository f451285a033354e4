//! Who may read a public pool, beside the rights of others.

use serde_json::{Value, json};

/// Lets read objects, and not list them: `objectViewer` lets do both.
const ROLE: &str = "roles/storage.legacyObjectReader";

const EVERYBODY: &str = "allUsers";

/// The change in words.
pub(super) const WORDS: &str = "let everybody read objects";

/// The policy with everybody as a reader and all else as it was, its `etag` too, by which Google refuses
/// it if somebody changed it meanwhile; none where everybody is one.
pub(super) fn needed(mut policy: Value) -> Option<Value> {
    let bindings = policy["bindings"].as_array().cloned().unwrap_or_default();
    let reads = |binding: &Value| {
        let members = binding["members"].as_array();
        let everybody = members.is_some_and(|all| all.iter().any(|one| one == EVERYBODY));
        binding["role"] == ROLE && everybody && binding["condition"].is_null()
    };
    if bindings.iter().any(reads) {
        return None;
    }
    let ours = json!({"role": ROLE, "members": [EVERYBODY]});
    policy["bindings"] = bindings.into_iter().chain([ours]).collect();
    Some(policy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_added_once_and_others_stay() {
        let foreign = json!({"role": "roles/storage.admin", "members": ["user:a@example.com"]});
        let found = json!({"etag": "CAE=", "bindings": [foreign]});
        let policy = needed(found).unwrap();
        assert_eq!(policy["etag"], "CAE=");
        assert_eq!(policy["bindings"][0], foreign);
        assert_eq!(policy["bindings"][1]["members"], json!(["allUsers"]));
        assert_eq!(needed(policy), None);
    }

    #[test]
    fn a_right_under_a_condition_is_not_everybodys() {
        let conditional =
            json!({"role": ROLE, "members": [EVERYBODY], "condition": {"title": "a"}});
        assert!(needed(json!({"bindings": [conditional]})).is_some());
        assert!(needed(Value::Null).is_some());
    }
}
