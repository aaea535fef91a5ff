"use strict";(()=>{var e=localStorage.getItem("headgate.theme");(e==="dark"||e==="light")&&(document.documentElement.dataset.theme=e);})();
