//! `/models`: the catalogue with prices. Open to everybody.

use serde_json::{Map, Value, json};

use crate::simulator::call::{Call, Reply, number};
use crate::simulator::venice::catalogue::{MODELS, Meter, Model, Part};

pub(super) fn list(call: &Call<'_>) -> Reply {
    let kind = call.parameter("type").unwrap_or("text");
    let models: Vec<Value> = MODELS
        .iter()
        .filter(|model| kind == "all" || model.kind == kind)
        .map(|model| body(model))
        .collect();
    Reply::json(
        200,
        &json!({"object": "list", "type": kind, "data": models}),
    )
}

fn body(model: &Model) -> Value {
    let mut spec = json!({
        "name": model.name,
        "privacy": "private",
        "offline": false,
        "traits": [],
    });
    // The vendor names no price for videos.
    if let (Some(fields), true) = (spec.as_object_mut(), model.kind != "video") {
        fields.insert("pricing".to_owned(), pricing(model));
    }
    json!({
        "id": model.id,
        "object": "model",
        "owned_by": "venice.ai",
        "type": model.kind,
        "model_spec": spec,
    })
}

fn pricing(model: &Model) -> Value {
    let pair = |part| {
        let price = number(model.price(part));
        json!({"usd": price, "diem": price})
    };
    let Meter::Tokens {
        input,
        cached,
        output,
    } = model.meter
    else {
        return json!({"generation": pair(Part::Piece)});
    };
    let mut prices = Map::new();
    prices.insert("input".to_owned(), pair(Part::Input));
    if cached != input {
        prices.insert("cache_input".to_owned(), pair(Part::CacheRead));
    }
    if output > 0 {
        prices.insert("output".to_owned(), pair(Part::Output));
    }
    Value::Object(prices)
}
