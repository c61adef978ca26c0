package policy

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The words the rules look for, without accents, in the languages policies of our
// recipients are written in. Each list is of one meaning, not of one language: a
// word that means two things in two languages stays out.
var (
	// practiceStems begin words for what is done with data, to whom they go, what
	// people may demand, and what a contract gives and takes.
	practiceStems = stems(`
		sell sells selling sold sale sales share shared shares sharing disclos collect consent retain retention delet erase erased erasure erasing third advertis partner minor child biometric
		location health sensitiv financial payment purchas profil track analytic cookie recipient processor transfer purpose
		opt portab access rectif restrict object withdraw complain arbitrat liabl liabil warrant refund cancel terminat jurisdiction govern law court
		fee price charg record monitor train machine artificial automat anonym pseudonym aggregat encrypt decrypt hash hashed hashes identif
		phone contact email birth gender ethnic relig genetic photo video voice messag device ip browser licens ownership
		public private precise exact approximat optional voluntar permanent temporar worldwide enabled disabled
		offentlich privat genau ungefahr freiwillig prive approximatif facultati publico privado precisa preciso aproximad opcional voluntari aberto fechado abierto cerrado
		pubblico pubblica privato privata approssimat facoltativ publiek vrijwillig
		marketing broker insur police stored storing necessar mandatory require prohibit obligat right certif framework shield member employ recruit survey referral
		vendre vendu vendus vendons vente ventes partag divulg collecte consent conserv supprim efface tiers publicit partenair mineur enfant biometri localis sante sensible
		financ paiement achat profilag traceur destinatair transfer finalit acces rectifi opposition oppos retrait reclam responsab rembours annul
		resili droit juridict tribun tarif facturation enregistr appel identit obligatoir interdi mesure audience ciblag
		verkauf weitergeb weitergab ubermitt erheb erhob einwillig speicher aufbewahr losch dritte werbung werbe minderj kinder standort gesundheit
		zahlung empfang zweck auskunft widerruf widerspruch beschwerd haftung haften kundig gericht gebuhr profilbild
		vender venta compart divulgac recopil consentim conserva elimina suprim terceros publicid socios menores ninos ubicacion salud
		pago destinatari finalidad acceso oposicion revoc reclamac responsabil reembols cancel tribunal
		condivi raccogl consenso cancella terzi pubblicit soci minori posizione salute pagament destinatar finalita opposizione reclamo
		compartilh colet consentiment exclu terceir publicidad menor localizac saude pagament
		verkop delen verzamel toestemming bewar verwijder derden adverten minderjarig kinderen locatie gezondheid betal`)

	// subjectStems begin words any sentence of a policy or of terms may hold, and
	// few of a menu, a shop or a forum do.
	subjectStems = stems(`
		data information privacy personal polic process use uses used using user servic account agree terms right provid consent collect protect
		donnee information confidentialit personnel traitement utilis servic compte accord condition droit protection
		daten information datenschutz personenbezogen verarbeit nutzen nutzung nutzer dienst konto vertrag bedingung recht schutz
		datos informacion privacidad personal tratamiento usuari servici cuenta condicion derecho
		dati informazioni riservatezza trattamento utent servizi termini diritt
		dados informac privacidade tratamento usuari servico termos direit
		gegevens informatie privacy persoonlijk verwerk gebruik dienst voorwaarden`)

	// coreStems begin the words a privacy policy cannot do without; a shop or a menu
	// beside it can.
	coreStems = stems(`data personal privacy informat cookie consent collect process gdpr ccpa
		donnee personnel confidentialit traitement consentement collecte
		daten personenbezogen datenschutz einwillig verarbeit
		datos privacidad tratamiento consentimiento
		dati personali riservatezza trattamento consenso
		dados privacidade tratamento
		gegevens persoons verwerk`)

	// negations are words that turn a sentence round, by what they do to it.
	negations = senses(map[string]string{
		"not": `not no never none nothing neither nor without cannot nobody
			ne pas jamais aucun aucune sans non rien ni
			nicht kein keine keinen keiner keinem keinerlei nie niemals ohne nein weder nichts niemand
			no nunca sin ningun ninguna tampoco ni
			non mai senza nessun nessuna nessuno ne
			nao sem nenhum nenhuma nem
			niet geen nooit zonder
			не ни без нет никогда nie bez nigdy yok degil hayir
			لا لن غير بدون ليس inte ej utan aldrig ingen inga inget ikke uten uden aldri ei eivat emme ilman
			不 非 未 无 無 没 免`,
		"except": `except unless excluding sauf hormis ausser salvo excepto tranne exceto behalve tenzij кроме`,
		"only": `only solely exclusively
			uniquement seulement exclusivement
			nur ausschliesslich lediglich
			solo solamente unicamente
			soltanto solamente esclusivamente
			somente apenas
			alleen uitsluitend slechts
			только tylko wylacznie sadece yalnizca endast bara kun vain`,
		"usually": `usually generally typically normally ordinarily aim aims strive strives endeavour endeavor grundsatzlich normalerweise generalement normalement habituellement generalmente normalmente habitualmente`,
		"free":    `free gratuit gratuite gratuitement kostenlos kostenlose kostenfrei unentgeltlich gratis gratuito gratuita gratuitamente`,
		"always":  `yes unlimited always oui toujours ja immer si siempre sempre altijd zawsze zaman alltid`,
	})
	// modals are verbs of what may, should and must be, by how strong they are.
	modals = senses(map[string]string{
		"may": `may can could might
			peut peuvent pouvons pouvez pourra pourront pourrions pourrait
			darf durfen kann konnen konnte konnten
			puede pueden podemos podra podran podria podriamos
			puo possono possiamo potra potrebbe potremmo
			pode podem podemos podera poderao
			mag mogen kan kunnen moze mozemy moga voi`,
		"should": `should would sollte sollten devrait devrions deberia dovrebbe deveria zou zouden bor borde`,
		"must": `must shall will
			doit doivent devons devez devra devront
			muss mussen soll sollen
			debe deben debemos debera deberan
			deve devono dobbiamo dovra
			devem devera
			moet moeten zal zullen musi musza maste ska skall`,
	})

	stopwords = set(`a an the of to in on at by for from with and or as is are was were be been being this that these those it its
		we our us you your they their them he she his her who which what when where how if then than so such also any all some other
		have has had do does did into about through under over more most please via per
		instance example examples eg ie namely rather however therefore thus hence moreover furthermore additionally accordingly otherwise indeed
		exemple notamment toutefois cependant donc aussi beispiel beispielsweise jedoch daher deshalb somit ferner ejemplo ademas embargo tanto esempio inoltre pertanto exemplo
		le la les l un une des du de d au aux et ou en dans par pour sur avec ce cet cette ces qui que qu dont il elle ils elles nous vous
		notre nos votre vos leur leurs son sa ses est sont etre ete a y se s n c j lors afin ainsi
		der die das den dem des ein eine einer eines einem einen und oder in im an am auf aus bei mit nach von vom zu zum zur fur uber unter
		wir uns unser unsere sie ihr ihre ihrer ist sind war werden wird wurde als auch wenn dass sich es
		el los las del al con una y o que se su sus nuestro nuestra como es son para por lo
		il lo gli di da al alla nel nella dal dalla sul sulla dei della delle dell e che si con per una come nel sono
		os das dos da do em na no um uma e ao
		het een van en op te dat is zijn voor met aan door`)

	months = set(`january february march april may june july august september october november december
		jan feb mar apr jun jul aug sep sept oct nov dec
		janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre
		januar februar marz juni juli oktober dezember
		enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre
		gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre
		janeiro fevereiro marco junho julho setembro outubro novembro dezembro
		januari februari maart mei augustus
		monday tuesday wednesday thursday friday saturday sunday lundi mardi mercredi jeudi vendredi samedi dimanche
		januari februari mars maj juni juli augusti oktober januar marts helmikuu stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika listopada grudnia
		ocak subat mart nisan mayis haziran temmuz agustos eylul ekim kasim aralik ledna unora brezna dubna kvetna cervna cervence srpna zari rijna listopadu prosince
		ianuarie februarie martie aprilie iunie iulie septembrie octombrie noiembrie decembrie
		marcius aprilis majus junius julius augusztus szeptember
		ιανουαριου φεβρουαριου μαρτιου απριλιου μαιου ιουνιου ιουλιου αυγουστου σεπτεμβριου οκτωβριου νοεμβριου δεκεμβριου
		січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня
		يناير فبراير مارس ابريل مايو يونيو يوليو اغسطس سبتمبر اكتوبر نوفمبر ديسمبر
		января февраля марта апреля мая июня июля августа сентября октября ноября декабря
		mon tue tues wed thu thur thurs fri sat sun
		am pm gmt utc cet cest est edt pst pdt st nd rd th er 年 月 日`)
	// numberValues are the words for numbers in the languages the lists cover; numberWords
	// those of others, and what counts without being one.
	numberValues = senses(map[string]string{
		"1":   `one eins`,
		"2":   `two deux zwei dos dois twee`,
		"3":   `three trois drei tres tre drie`,
		"4":   `four quatre vier cuatro quattro quatro`,
		"5":   `five cinq funf cinco cinque vijf`,
		"6":   `six sechs seis zes`,
		"7":   `seven sept sieben siete sette sete zeven`,
		"8":   `eight huit acht ocho otto oito`,
		"9":   `nine neuf neun nueve nove negen`,
		"10":  `ten dix zehn diez dieci dez tien`,
		"11":  `eleven onze elf undici`,
		"12":  `twelve douze zwolf doce dodici doze twaalf`,
		"13":  `thirteen treize dreizehn trece tredici treze dertien`,
		"14":  `fourteen quatorze vierzehn catorce quattordici veertien catorze`,
		"15":  `fifteen quinze funfzehn quince quindici vijftien`,
		"16":  `sixteen seize sechzehn dieciseis sedici dezesseis zestien dezasseis`,
		"17":  `seventeen siebzehn diecisiete diciassette dezessete zeventien dezassete`,
		"18":  `eighteen achtzehn dieciocho diciotto dezoito achttien`,
		"19":  `nineteen neunzehn diecinueve diciannove dezenove negentien dezanove`,
		"20":  `twenty vingt zwanzig veinte venti vinte twintig`,
		"21":  `einundzwanzig veintiuno ventuno eenentwintig`,
		"30":  `thirty trente dreissig treinta trenta trinta dertig`,
		"40":  `forty quarante vierzig cuarenta quaranta quarenta veertig`,
		"50":  `fifty cinquante funfzig cincuenta cinquanta cinquenta vijftig`,
		"60":  `sixty soixante sechzig sesenta sessanta sessenta zestig`,
		"70":  `seventy siebzig setenta settanta zeventig`,
		"80":  `eighty achtzig ochenta ottanta oitenta tachtig`,
		"90":  `ninety neunzig noventa novanta negentig`,
		"100": `hundred cent hundert cien cento cem honderd`,
	})
	numberWords = set(`half once twice due sei ett tva tre fyra fem sju atta nio tio tolv tretton sexton arton trettio sextio nittio fire seks syv otte
		jeden dwa trzy cztery piec szesc siedem osiem dziewiec dziesiec dwanascie trzydziesci dwoch trzech czterech pieciu szesciu siedmiu czternastu szesnastu osiemnastu trzydziestu szescdziesieciu dziewiecdziesieciu
		bir iki uc alti yedi sekiz dokuz kaksi kolme nelja viisi kuusi`)
	// ageWords stand before how old somebody is.
	ageWords = set("age ages aged under over edad anos alter unter uber moins plus eta menores idade leeftijd jonger")
	// articles say "one", too.
	articles = set("a an one un une una uno ein eine einen einmal um uma een en ett")
	// hourWords stand beside the hours at which somebody is there.
	clockWords = set("uhr uur h heures am pm kl")
	hourWords  = set("am pm jours feries holidays holiday bank public uhr heures h closed open ferme fermes geschlossen feiertage feiertagen festivos festivi feriados hours")
	// opposites are words of comparison, by their direction: one for another turns what is
	// compared round.
	opposites = senses(map[string]string{
		"more":      `plus greater greatest more higher highest longer later mehr hoher spater langer superieur mayor maggiore maior meer hoger later`,
		"less":      `moins less lesser fewer lower lowest shorter earlier weniger niedriger fruher kurzer inferieur moindre menor minore minder lager eerder`,
		"at most":   `most maximum maximal hochstens maximo massimo maxima maximaal`,
		"at least":  `least minimum minimal mindestens minimo minima minimaal`,
		"daily":     `daily taglich quotidien quotidiennement diario diariamente giornaliero dagelijks`,
		"weekly":    `weekly wochentlich hebdomadaire semanal semanalmente settimanale wekelijks`,
		"monthly":   `monthly monatlich mensuel mensuellement mensual mensualmente mensile mensal maandelijks`,
		"quarterly": `quarterly vierteljahrlich trimestriel trimestral trimestrale driemaandelijks`,
		"yearly":    `yearly annually annual jahrlich annuel annuellement anual anualmente annuale jaarlijks`,
		"contract":  `performance contract vertragserfullung contrat contrato contratto overeenkomst`,
		"interest":  `legitimate berechtigte berechtigtes berechtigten legitime legitimes legitimo legitimos legittimo legittimi gerechtvaardigd`,
		"before":    `until before prior preceding vor bevor zuvor avant anterior antes prima antes voor voordat`,
		"shown":     `visible visibles zichtbaar sichtbar visibili visibile public publicly publique publiques offentlich openbaar pubblico publico`,
		"hidden":    `hidden invisible private privately prive privee versteckt verborgen afgeschermd unsichtbar masque masques oculto nascosto privat privato privado`,
		"after":     `after following subsequent nach nachdem danach apres posterior despues dopo depois na nadat`,
	})
	// turns are small words one of which for another turns a sentence round.
	turns = []map[string]string{
		senses(map[string]string{"we": `we our us ours ourselves wir unser unsere unserer unseren nous notre nos nosotros nuestro nuestra noi nostro nostra nosso nossa wij ons onze`,
			"you": `you your yours yourself sie ihr ihre ihrer ihren vous votre vos usted su tu tuo tua seu sua u uw jij jouw`}),
		senses(map[string]string{"all": `all every each alle aller samtliche tous toutes todos todas tutti tutte alle`, "some": `some most certain einige bestimmte certains certaines algunos algunas alcuni alcune alguns algumas sommige`}),
		senses(map[string]string{"on": `on enabled activated aktiviert eingeschaltet activado attivo ingeschakeld`, "off": `off disabled deactivated deaktiviert ausgeschaltet desactive desactivado disattivato uitgeschakeld`}),
		senses(map[string]string{"in": `in inside within innerhalb dans en dentro all'interno binnen`, "out": `outside ausserhalb hors fuera fuori fora buiten`}),
	}
	conditions = stems(`if where when unless consent permission agree accord accepte si lorsque wenn sofern falls soweit einwillig zustimm cuando consenti quando se als wanneer toestemming`)
	either     = set("or ou oder lub")
	// honorifics stand before the name of a person.
	honorifics = set("mr mrs ms miss mx dr prof herr frau mme madame monsieur mlle sr sra sig dott mevr dhr")
	// shareCapital stands before what a company says its capital is.
	shareCapital = set("capital stammkapital grundkapital kapital kapitaal capitale")
	negatives    = set("pas plus jamais aucun aucune rien que qu ni point nul nulle personne")
	futures      = set("will shall")
	costs        = set("charge charges cost costs fee fees expense frais kosten coste costes costo spese custo custos")
	currencies   = set("euro euros eur dollar dollars usd pound pounds gbp franken francs chf percent prozent")
	letterWord   = set("letras lettre lit letter")
	// qualifiers weigh a promise or a condition beside them.
	qualifiers = stems(`explicit express prior written immediate ausdrucklich schriftlich vorherig unverzuglich prealable ecrit immediatement expreso previo escrito esplicito preventivo scritto imediat uitdrukkelijk`)
	courtesies = set("thank thanks hope welcome merci danke vielen gracias grazie obrigado bedankt")
	// parties begin words for those data go to.
	parties = stems(`receive recoit recoivent erhalt recibe riceve ricevono recebe ontvangt processor subprocessor recipient provider supplier vendor partner affiliat shared sharing share disclos transfer subcontract
		prestatair traitant destinatair partenair fournisseur partag
		auftragsverarbeit empfang dienstleist partner anbieter ubermitt weitergeb
		encargad destinatari proveedor socio compart fornitor responsabil condivi fornecedor parceir verwerker ontvanger leverancier host hosted server cloud stored storing storage locat controller gespeichert verantwortlich stocke heberge responsab almacen alojad`)
	dateContext = stems(`rev ver vers edition effective updat revis modif version dated date posted publish publi vigueur jour stand gultig fassung actualiz vigor
		aggiorn atualiz bijgewerkt amend issued archiv gilt ingang adopted approved vastgesteld beschlossen verabschiedet adopte approuve aprobad approvat aprovad
		ισχυ ενημερωσ τροποποι оновлен чинност hatalyos frissit modosit vigoare revizui السريان تحديث 시행 개정 paivitetty platnost ucinnost opdater oppdater gaelden
		aktualis aktualiz zaktualiz obowiazuj uppdater gaeller galler opdater guncel yururluk tarih wersj ersion obnov zmeneno редакци обновлен 改定 制定 改訂 施行日 更新日 更新 生效 施行`)

	units = stems(`day days week month year hour minute percent age ages gb mb km mile meter euro eur usd dollar gbp pound
		jour semaine mois an ans annee heure pour centimes
		tag tage tagen werktag arbeitstag kalendertag woche monat jahr stunde prozent
		dia dias semana mes meses ano anos hora
		giorn settiman mese mesi anni ore
		dag dagen weken maand jaar uur
		dagar vecka veckor manad manader aar dager uke uker maned maneder dni dzien tydzien tygodni miesiac miesiace miesiecy rok roku lata lat gun hafta ay yil paiva paivan viikko kuukausi kuukautta vuosi vuotta
		ημερες ημερων μηνες μηνων ετη ωρες днів дні місяців місяці років року годин дней месяцев лет часов يوما ايام شهرا اشهر سنوات zile luni ani ore napon honap evig oran
		日 天 月 年 歳 岁 時間 小时 週間`)
	references = set(`section sections article articles clause clauses paragraph paragraphs annex appendix schedule exhibit chapter point points
		step part item art sec no nr n § above below version abschnitt artikel absatz ziffer anhang paragraphe annexe chapitre partie
		seccion articulo apartado anexo capitulo sezione articolo allegato secao artigo bijlage hoofdstuk`)

	legalForms = set(`inc llc ltd limited corp corporation plc pte pty gmbh ag kg se sa sas sarl sasu bv nv srl spa ab oy oyj aps lda ltda
		llp lp kk co company s.a s.a.s b.v n.v s.r.l s.p.a pvt`)
	formMarks = set(`i.l i l in liquidation`) // said of a company that remains the same

	places = stems(`street road avenue boulevard blvd floor suite building square lane drive parkway pkwy plaza centre center tower house park
		box zip postal postcode office offic headquarter attn attention registered
		rue avenue place quai chemin impasse etage immeuble bp cedex siege
		strasse platz weg allee postfach sitz
		calle plaza piso edificio avenida apartado
		piazza viale rua praca straat plein laan gracht voorburgwal`)
	// synonyms are other names of what policies are about.
	synonyms = map[string]string{"e-mail": "email", "e-mails": "emails", "webseite": "website", "web-site": "website", "websites": "website", "dersom": "hvis", "handynummer": "mobilfunknummer", "cellphone": "mobile", "cell": "mobile"}
	// cookieNames begin the words for a cookie, and for the file it is called in some.
	cookieNames = stems("cookie kakor kakan informasjonskaps evaste cerezler ciastecz ciasteczk sutik sutit sutike plik plikow plikami")
	// streetEndings are those of compounds: Hamngatan, Hauptstraße.
	streetEndings = []string{"gatan", "gaten", "gata", "vagen", "veien", "strasse", "straat", "gasse", "gade", "katu", "laan", "allee"}
	streetWords   = set(`st ste rd ave blvd dr ln pl cd hwy po via str`)
	contacts      = stems(`contact email mail phone telephone tel fax call write writ reach form portal request address online web site website link
		click visit support help helpdesk hotline chat
		contacter courriel courrier ecri ecrir adress formulair telephon
		kontakt schreib anschrift telefon formular
		contact correo escrib direcc formulari
		scriver indirizz modul contat enderec e-mail postal post`)
	lawWords = stems(`law govern jurisdiction court arbitrat venue loi droit juridict tribun gerichtsstand gericht ley tribunal legge foro lei wet rechter`)

	// dialWords stand right before a number to call.
	dialWords  = set(`tel telephone phone call fax telefax extension ext durchwahl telefon fon rufnummer hotline poste telefono telefone interno telefoon toestel tfn puhelin`)
	extensions = set("extension ext durchwahl poste interno toestel")
	// officers are whom a policy names to answer for it.
	officers = stems(`officer director manager ceo president founder secretary representative dpo datenschutzbeauftragt beauftragt vertreter geschaftsfuhr burgermeister leiter delegue representant directeur directric responsab
		delegad representante encarregad responsabile rappresentante functionaris vertegenwoordiger inspektor dataskyddsombud`)
	// authorities are whom people complain to.
	authorities = set(`authority commissioner commission ombudsman agency inspectorate aufsichtsbehorde landesbeauftragten landesbeauftragte bundesbeauftragten datenschutzbehorde
		autorite cnil autoridad agencia aepd autorita garante autoridade autoriteit urzad urzedu tietosuojavaltuutettu myndigheten integritetsskyddsmyndigheten tilsynet datatilsynet`)
	weekdays = stems(`monday tuesday wednesday thursday friday saturday sunday weekday weekdays lundi mardi mercredi jeudi vendredi samedi dimanche
		montag dienstag mittwoch donnerstag freitag samstag sonntag werktag lunes martes miercoles jueves viernes sabado domingo
		lunedi martedi mercoledi giovedi venerdi sabato domenica segunda terca quarta quinta sexta
		maandag dinsdag woensdag donderdag vrijdag zaterdag zondag poniedzialek wtorek sroda czwartek piatek mandag tisdag onsdag torsdag fredag
		luni marti miercuri joi vineri sambata duminica hetfo kedd szerda csutortok pentek szombat vasarnap pondeli utery streda ctvrtek patek
		maanantai tiistai keskiviikko torstai perjantai mandag tirsdag onsdag fredag δευτερα τριτη τεταρτη πεμπτη παρασκευη понеділок вівторок середа четвер пятниця понедельник вторник среда пятница
		pazartesi sali carsamba persembe cuma 月曜 火曜 水曜 木曜 金曜 土曜 日曜 平日`)

	delays = stems(`delay verzogerung verzug retard delai dilacion demora ritardo atraso zwloki zwlok vertraging drojsmal`)

	// formerly says what somebody was called.
	formerly = set(`formerly previously now aka anciennement desormais ehemals vormals fruher antes ahora anteriormente precedentemente gia voorheen dawniej`)

	// deeds are what somebody does before or after something is done with data.
	deeds = stems(`authoriz authoris permission permit approv agreement notif inform announce written writing obtain informe autoris genehmig benachrichtig unterricht zustimm avisa autoriz informa`)

	// venues are words of places that mean other things, too, where they are no names.
	venues = stems(`center centre tower house park square lane plaza office offic building floor suite box place siege sitz via`)

	// bodies are what companies and offices consist of; beside a name they are part of it.
	bodies = set(`department team office desk centre center unit division group service services abteilung stelle referat servicio equipo departamento ufficio reparto afdeling`)

	// documents are what texts like these are called.
	documents = set("policy policies notice notices statement statements declaration terms conditions agreement charter erklarung hinweise richtlinie bestimmungen bedingungen politique charte declaration avis politica declaracion aviso informativa dichiarazione verklaring beleid")
	// successors are the names companies go by now, by those they had.
	successors = map[string]string{"facebook": "meta", "twitter": "x"}
	// pronouns are of whom a sentence speaks.
	pronouns = union(set("they their"), wordsOfSenses(turns[0]))
	// hanDate is a whole date in Chinese, Japanese or Korean.
	hanDate = regexp.MustCompile(`[0-9]{4}\s?[年년]\s?[0-9]{1,2}\s?[月월]\s?[0-9]{1,2}\s?[日일]`)

	domain   = regexp.MustCompile(`^[a-z0-9-]+(\.[a-z0-9-]+)*\.(com|org|net|eu|de|fr|es|it|nl|uk|ie|io|co|gov|edu|info|ch|at|be|ca|us|au|jp|cn|br|in|app|dev|ai|gg|tv|me)$`)
	postcode = regexp.MustCompile(`^[0-9]{4,6}$|^[a-z]{1,2}[0-9]{1,2}[a-z]?$|^[0-9][a-z]{2}$|^[a-z][0-9][0-9a-z]$|^[a-z][0-9][a-z][0-9]$`)
	dateLike = regexp.MustCompile(`^[0-9]{1,4}([./-][0-9]{1,4}){0,2}\.?$|^[0-9]{1,2}(st|nd|rd|th|er|o|a|º|ª)$|^[0-9]{4}t[0-9:]+z?$`)
	// entryMark is what a list counts its entries by.
	entryMark = regexp.MustCompile(`^(?i:\(?(?:[0-9]{1,2}|[a-z]|[ivx]{1,5})[.)\]]+)+$`)
	// leadingMark is such a mark with what it counts after it.
	leadingMark = regexp.MustCompile(`^(?i:\(?(?:[0-9]{1,2}(?:\.[0-9]{1,2})*|[a-z][0-9]{0,2}|[ivx]{1,5})[.)\]]+(?:\.{2,})?\s+)+`)
	dotted      = regexp.MustCompile(`^[0-9]+(\.[0-9]+)+\.?$|^[0-9]{1,2}[a-z]?$|^[ivxlc]+$|^[a-z]$`)
)

// union is what stands in one of some lists.
func union[S ~map[string]bool](lists ...S) S {
	out := S{}
	for _, list := range lists {
		maps.Copy(out, list)
	}
	return out
}

// wordsOfSenses are the words of all senses.
func wordsOfSenses(list map[string]string) wordSet {
	out := wordSet{}
	for w := range list {
		out[w] = true
	}
	return out
}

// senses reads lists of words by what they mean: the sense of each word.
func senses(lists map[string]string) map[string]string {
	out := map[string]string{}
	for _, sense := range slices.Sorted(maps.Keys(lists)) {
		for _, w := range strings.Fields(lists[sense]) {
			out[w] = sense
		}
	}
	return out
}

type stemSet map[string]bool

// stems reads a list of word beginnings.
func stems(list string) stemSet {
	out := stemSet{}
	for _, s := range strings.Fields(list) {
		out[s] = true
	}
	return out
}

// has reports whether a word begins as one of the list does. A beginning of four
// letters or fewer must be the whole word, a plural s aside.
func (s stemSet) has(key string) bool {
	if s[key] {
		return true
	}
	for i := range key {
		if i >= 5 && s[key[:i]] {
			return true
		}
	}
	return len(key) > 1 && len(key) <= 6 && s[strings.TrimSuffix(key, "s")]
}

func phrases(list ...string) map[string]bool {
	out := map[string]bool{}
	for _, p := range list {
		out[newParagraph(p).key] = true
	}
	return out
}

// wordSet is a list of whole words.
type wordSet map[string]bool

func (s wordSet) has(key string) bool { return s[key] }

func set(list string) wordSet {
	out := wordSet{}
	for _, s := range strings.Fields(list) {
		out[s] = true
	}
	return out
}

// plainKey is a word's key without accents.
func plainKey(key string) string {
	ascii := true
	for i := range len(key) {
		if key[i] >= 0x80 {
			ascii = false
		}
	}
	if ascii {
		return key
	}
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		if r == 'ß' {
			return 's'
		}
		return r
	}, norm.NFD.String(key)))
}
