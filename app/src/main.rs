//! The page's program: mounts the app.

fn main() {
    tombolo_app::start();
}
