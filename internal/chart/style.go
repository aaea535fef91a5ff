package chart

// Measures of a figure.
const (
	figureWidth = 760.0
	margin      = 16.0
	bodySize    = 12.0
	titleSize   = 15.0
	panelSize   = 13.0
	smallSize   = 11.0
)

// colours is the size of the palette: Okabe and Ito's, which stays apart in
// every common kind of colour blindness, darkened for white and lightened for
// black ground where it needs it.
const colours = 8

// style is in every figure: classes only, so that a figure needs no other file.
// A page that shows it as an image cannot style it, hence the media query.
const style = `.hg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:#1f2328}
.hg .bg{fill:#fff;stroke:#d1d9e0}
.hg .title{font-size:15px;font-weight:600}.hg .panel{font-size:13px;font-weight:600}
.hg .sub,.hg .tick,.hg .label{fill:#59636e}.hg .tick,.hg .small{font-size:11px}.hg .value{font-size:11px}
.hg .grid{stroke:#e6eaef}.hg .axis{stroke:#818b98}
.hg .mark{stroke:#1f2328;stroke-width:1.3;stroke-dasharray:2 3}.hg .whisker{stroke:#1f2328;stroke-width:1.2;fill:none}.hg .bound{stroke:#1f2328;stroke-width:2.4}
.hg .on{paint-order:stroke;stroke:#fff;stroke-width:3px;stroke-linejoin:round}
.hg .ln{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}.hg .dash{stroke-dasharray:5 4}
.hg .dot{fill:none;stroke-width:4;stroke-linecap:round;stroke-opacity:.7}.hg .ring{stroke-width:6;stroke-opacity:1}.hg .rim{stroke:#fff;stroke-width:9;stroke-opacity:1}
.hg .shade{stroke:none;fill-opacity:.16}.hg .solid{stroke:none}.hg .missed{fill-opacity:.35;stroke-width:1.4;stroke-dasharray:3 2}
.hg .c0{stroke:#0072b2;fill:#0072b2}.hg .c1{stroke:#d55e00;fill:#d55e00}.hg .c2{stroke:#009e73;fill:#009e73}.hg .c3{stroke:#b8578f;fill:#b8578f}
.hg .c4{stroke:#d18f00;fill:#d18f00}.hg .c5{stroke:#3d9fd8;fill:#3d9fd8}.hg .c6{stroke:#6e7781;fill:#6e7781}.hg .c7{stroke:#8250df;fill:#8250df}
.hg .ln,.hg .dot{fill:none}.hg .shade,.hg .solid{stroke:none}
@media (prefers-color-scheme:dark){.hg text{fill:#e6edf3}.hg .bg{fill:#0d1117;stroke:#30363d}.hg .sub,.hg .tick,.hg .label{fill:#9198a1}
.hg .grid{stroke:#21262d}.hg .axis{stroke:#6e7681}.hg .mark,.hg .whisker,.hg .bound{stroke:#e6edf3}.hg .on,.hg .rim{stroke:#0d1117}
.hg .c0{stroke:#4aa8e0;fill:#4aa8e0}.hg .c1{stroke:#f08340;fill:#f08340}.hg .c2{stroke:#2fc39a;fill:#2fc39a}.hg .c3{stroke:#d98fba;fill:#d98fba}
.hg .c4{stroke:#e6b040;fill:#e6b040}.hg .c5{stroke:#8fd0f5;fill:#8fd0f5}.hg .c6{stroke:#9aa4ae;fill:#9aa4ae}.hg .c7{stroke:#b08cf5;fill:#b08cf5}
.hg .ln,.hg .dot{fill:none}.hg .shade,.hg .solid{stroke:none}}
`
