using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Text;
using Amazon.Runtime;

namespace DelphiRunner.Engine.Tests.Stores.DynamoDb;

/// <summary>Shows an index as it was at the first query of each kind, for as long as the store lives: an index that lags behind all writes since.</summary>
[SuppressMessage("Reliability", "CA2000", Justification = "A client disposes its handler, and that one the next.")]
internal sealed class LaggingIndex : HttpClientFactory
{
    private readonly ConcurrentDictionary<string, string> _pictures = new(StringComparer.Ordinal);

    public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(new Handler(_pictures), disposeHandler: true);

    public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

    public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;

    private sealed class Handler(ConcurrentDictionary<string, string> pictures) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (!request.Headers.GetValues("X-Amz-Target").Single().EndsWith(".Query", StringComparison.Ordinal))
            {
                return await base.SendAsync(request, cancellationToken);
            }

            var body = await request.Content!.ReadAsStringAsync(cancellationToken);
            if (!pictures.TryGetValue(body, out var picture))
            {
                using var answer = await base.SendAsync(request, cancellationToken);
                picture = pictures.GetOrAdd(body, await answer.Content.ReadAsStringAsync(cancellationToken));
            }

            return new HttpResponseMessage(HttpStatusCode.OK)
            {
                RequestMessage = request,
                Content = new StringContent(picture, Encoding.UTF8, "application/x-amz-json-1.0"),
            };
        }
    }
}
