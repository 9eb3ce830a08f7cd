//! The page as browsers get it, and what they may ask for.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::{Next, from_fn};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{delete, get, post};
use futures_util::{Stream, StreamExt as _};
use thumbnail_farm::develop::begins_as_a_picture;
use tokio::time::timeout;

use super::board::MOST_BYTES;
use super::page::Page;

/// So long a file may take to come.
const UPLOAD: Duration = Duration::from_secs(60);

/// What a browser may load: what is in the page, and what comes from here.
const ALLOWED: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src 'self'; connect-src 'self'; \
                       base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What was asked for is not done, and why, in words for people.
type Refused = (StatusCode, String);

pub fn router(page: Arc<Page>) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/events", get(events))
        .route("/pictures/{name}", post(upload))
        .route("/pictures", delete(clear))
        .route("/samples", post(samples))
        .route("/thumbnails/{number}", get(thumbnail))
        .route("/workers", post(start_worker))
        .route("/workers/{name}", delete(kill_worker))
        .layer(from_fn(only_from_here))
        .with_state(page)
}

async fn index() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, ALLOWED),
        (header::CACHE_CONTROL, "no-cache"),
    ];
    (headers, Html(include_str!("page.html")))
}

/// What there is, and again whenever it changes.
async fn events(State(page): State<Arc<Page>>) -> Sse<impl Stream<Item = Result<Event, axum::Error>>> {
    let events = page.shown.texts().map(|text| Ok(Event::default().data(text)));
    Sse::new(events).keep_alive(KeepAlive::default())
}

async fn upload(
    State(page): State<Arc<Page>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refused> {
    let name: String = name.chars().take(80).collect();
    let refused = |status, why: &str| (status, format!("{name} {why}"));
    let too_large = || {
        let why = format!("has more than {} MiB, which are the limit", MOST_BYTES >> 20);
        refused(StatusCode::PAYLOAD_TOO_LARGE, &why)
    };
    let announced = headers.get(header::CONTENT_LENGTH);
    let announced = announced.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > MOST_BYTES) {
        return Err(too_large());
    }
    let file = match timeout(UPLOAD, to_bytes(body, MOST_BYTES)).await {
        Ok(Ok(file)) => file,
        Ok(Err(_)) => return Err(too_large()),
        Err(_) => return Err(refused(StatusCode::REQUEST_TIMEOUT, "did not come in a minute")),
    };
    begins_as_a_picture(&file)
        .map_err(|why| refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, &why.to_string()))?;
    page.take(name.clone(), &file)
        .map_err(|why| refused(StatusCode::TOO_MANY_REQUESTS, &why.to_string()))?;
    Ok(StatusCode::ACCEPTED)
}

async fn samples(State(page): State<Arc<Page>>) -> Result<StatusCode, Refused> {
    match page.take_samples().await {
        Ok(()) => Ok(StatusCode::ACCEPTED),
        Err(why) => Err((StatusCode::TOO_MANY_REQUESTS, format!("A sample {why}"))),
    }
}

async fn clear(State(page): State<Arc<Page>>) -> StatusCode {
    page.shown.change(|board| board.clear());
    StatusCode::NO_CONTENT
}

async fn thumbnail(State(page): State<Arc<Page>>, Path(number): Path<u64>) -> Result<Response, StatusCode> {
    let thumbnail = page.shown.thumbnail(number).ok_or(StatusCode::NOT_FOUND)?;
    Ok(([(header::CONTENT_TYPE, "image/png")], thumbnail).into_response())
}

async fn start_worker(State(page): State<Arc<Page>>) -> Result<StatusCode, Refused> {
    match page.start_worker() {
        Ok(()) => Ok(StatusCode::ACCEPTED),
        Err(why) => Err((StatusCode::TOO_MANY_REQUESTS, why.to_string())),
    }
}

async fn kill_worker(State(page): State<Arc<Page>>, Path(name): Path<String>) -> Result<StatusCode, Refused> {
    if page.kill_worker(&name) {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err((StatusCode::NOT_FOUND, format!("{name} does not run")))
    }
}

/// Refuses what other pages have a browser ask of this one: they may neither read it (by a name of their own for this machine) nor change
/// anything.
async fn only_from_here(request: Request, next: Next) -> Response {
    if comes_from_here(request.headers()) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "this page is for this machine alone").into_response()
    }
}

fn comes_from_here(headers: &HeaderMap) -> bool {
    let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let host = header(header::HOST).unwrap_or_default();
    let is_here = host
        .parse::<Uri>()
        .is_ok_and(|uri| matches!(uri.host(), Some("localhost" | "127.0.0.1")));
    // Browsers say of all that changes something whose page asks for it.
    is_here && header(header::ORIGIN).is_none_or(|origin| origin.strip_prefix("http://") == Some(host))
}
