// The page is complete without this. With it, an open page keeps itself current and asks its questions in place.

import { startCharts } from "./charts.js";
import { startDialogs } from "./dialogs.js";
import { startEditors } from "./editors.js";
import { startExplorer } from "./explorer.js";
import { startFilters } from "./filters.js";
import { startLive } from "./live.js";
import { startMoments } from "./moments.js";
import { startShares } from "./shares.js";

document.documentElement.classList.add("scripted");
startMoments();
startCharts();
startDialogs();
startFilters();
startEditors();
startShares();
startExplorer();
startLive();

// What was just done has been said; a copied address should not say it again.
const address = new URL(location.href);
if (address.searchParams.has("done")) {
  address.searchParams.delete("done");
  address.searchParams.delete("flag");
  history.replaceState(null, "", address);
}
