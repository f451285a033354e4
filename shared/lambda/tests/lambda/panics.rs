//! A handler's panic.

use cloud_mirror_lambda::answer;
use http::{Request, Response};
use serde_json::Value;

use crate::fixtures::{ONE_OF_EACH, content, event};

fn body(answer: &Value) -> Value {
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

async fn panics_later(_: Request<()>) -> Response<String> {
    tokio::task::yield_now().await;
    panic!("a secret {}", "detail")
}

/// Panics before there is a future to await.
fn panics_at_once(_: Request<()>) -> std::future::Ready<Response<String>> {
    panic!("a secret detail")
}

#[tokio::test]
async fn a_handlers_panic_is_answered_500_in_every_shape_and_keeps_its_words() {
    for name in ONE_OF_EACH {
        for answer in [
            answer(event(name), panics_later).await.unwrap(),
            answer(event(name), panics_at_once).await.unwrap(),
        ] {
            assert_eq!(answer["statusCode"], 500, "{name}");
            assert_eq!(body(&answer)["error"], "internal", "{name}");
            assert!(!answer.to_string().contains("secret"), "{answer}");
            assert!(!answer.to_string().contains("location"), "{answer}");
        }
        let next = answer(event(name), content).await.unwrap();
        assert_eq!(next["statusCode"], 200, "{name}: the next event is served");
    }
}
