//! The picture beside the form: the device is an island, the server the mainland, and a bar of sand joins them.

use leptos::prelude::*;

/// Half axes of the waves round the island, and how much of each shows.
const WAVES: [(u16, u16, f32); 11] = [
    (114, 94, 0.3),
    (139, 115, 0.28),
    (165, 136, 0.26),
    (190, 156, 0.23),
    (216, 177, 0.21),
    (241, 198, 0.19),
    (267, 219, 0.17),
    (292, 240, 0.15),
    (318, 260, 0.12),
    (343, 281, 0.1),
    (369, 302, 0.08),
];

/// Seen by eyes only; it says nothing that the form does not say.
#[component]
pub(super) fn Sea() -> impl IntoView {
    view! {
        <aside class="sea wide-only" aria-hidden="true">
            <svg viewBox="0 0 696 876" preserveAspectRatio="xMinYMid slice">
                <g class="waves">
                    {WAVES.map(|(rx, ry, shows)| view! { <ellipse cx="486" cy="262" rx=rx ry=ry transform="rotate(-18 486 262)" opacity=shows></ellipse> })}
                </g>
                <path class="sand" d="M-40 470c70-52 150-60 212-30 56 27 84 74 92 128 9 62-20 118-30 176-6 38-4 92 10 152H-40z"></path>
                <path class="land" d="M-40 540c60-34 112-34 152-8 40 26 52 66 46 112-8 58-28 108-20 172l6 80H-40z"></path>
                <path class="sand" d="M232 508c72 8 138-16 176-60 34-40 44-86 48-128l22 4c-3 52-16 106-56 152-46 53-112 82-184 78z"></path>
                <ellipse class="sand" cx="486" cy="262" rx="98" ry="80" transform="rotate(-18 486 262)"></ellipse>
                <ellipse class="land" cx="490" cy="252" rx="66" ry="50" transform="rotate(-18 490 252)"></ellipse>
                <path class="track" d="M58 628C110 580 170 545 235 531c72-2 140-22 180-69 35-42 46-90 52-140L480 270"></path>
                <circle class="dot" cx="58" cy="628" r="7"></circle><circle class="dot" cx="480" cy="270" r="7"></circle>
                <text x="448" y="166">"This device"</text><text x="36" y="656">"The server"</text>
            </svg>
            <p>"Every device is an island that works. The server is the mainland it joins."</p>
        </aside>
    }
}
