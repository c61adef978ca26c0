package policy

import "regexp"

// What sites write on buttons, counters and stamps, beside a policy.
var (
	// stampWords say that a page was made, not written, at a time.
	stampWords = set(`generated refresh refreshed rendered retrieved printed fetched cached exported crawled visits visite visites besuche besucher bezoekers views viewed hits zugriffe gedruckt abgerufen aufrufe erzeugt
		imprime imprimee genere generee consulte impreso generado generada visitas stampato generato gegenereerd afgedrukt wygenerowano skriven utskriven`)
	// statutory are the names the law of California gives to links; no sentence of ours.
	statutory = regexp.MustCompile(`(?i)do not sell or share my personal information|do not sell my personal information|limit the use of my sensitive personal information|your privacy choices|about ads`)

	// counters are what sites count of their readers.
	counters     = set("comment comments share shares view views viewer viewers watching like likes follower followers subscriber subscribers download downloads star stars fork forks vote votes reply replies commentaire commentaires partages vues kommentar kommentare comentarios commenti review reviews rating ratings avis bewertungen resenas recensioni")
	consentWords = stems("consent partner vendor device einwillig zustimm consentement consentimiento consenso toestemming")
	cookieWords  = stems("cookie tracer traceur galleta")
	// consentLabels are the buttons of a cookie banner.
	consentLabels = union(decisions, phrases("cookie settings", "manage cookies", "customize", "customise", "show details", "reject non essential", "reject non essential cookies", "save choices", "save my choices", "accept selected", "allow selected", "save and close", "save and exit", "confirm selection",
		"manage preferences", "manage settings", "manage options", "preferences", "settings", "options", "save preferences", "save settings",
		"confirm my choices", "confirm choices", "cookie preferences", "more options", "ok", "understood", "i understand", "ok got it", "dismiss",
		"verstanden", "compris", "j'ai compris", "entendido", "ho capito", "entendi", "begrepen", "paramétrer", "personnaliser", "gérer mes choix",
		"enregistrer", "einstellungen", "auswahl speichern", "auswahl bestätigen", "cookie-einstellungen", "mehr informationen", "configurar",
		"configurar cookies", "guardar", "preferencias", "personalizza", "salva", "instellingen"))

	// decisions are those of them that decide, where the others lead on.
	decisions = phrases("accept all", "accept", "reject all", "reject", "decline", "deny", "allow all", "allow selection", "only necessary", "necessary only", "got it",
		"tout accepter", "tout refuser", "accepter", "refuser", "alle akzeptieren", "alle ablehnen", "akzeptieren", "ablehnen", "aceptar todo",
		"rechazar todo", "aceptar", "rechazar", "accetta tutti", "rifiuta tutti", "accept cookies", "allow cookies", "reject non-essential",
		"reject non-essential cookies", "essential only", "agree", "i agree", "disagree", "consent", "do not consent", "i consent",
		"continuer sans accepter", "nur notwendige", "nur erforderliche", "solo necessari", "weigeren", "accepteren", "alles accepteren")

	// deciding are words such a button may begin with: "accept all and continue".
	deciding = set("accept allow reject decline deny agree refuse tout accepter refuser accepte alle akzeptieren ablehnen zustimmen aceptar rechazar accetta rifiuta aceitar rejeitar accepteren weigeren")
)
